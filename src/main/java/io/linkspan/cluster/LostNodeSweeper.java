package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.Nodes.Node;
import io.linkspan.directory.SessionRef;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the directory entries of crashed nodes, in bulk, and publishes the end of each session.
 * The oldest node does it, once all shards have adopted the sessions that they have replicas of:
 * while a group names a lost node, Messages to it wait or fail. A sweep looks for the entries of
 * all nodes that are not members, so the next sweep completes an unfinished one. A partitioned node
 * is the oldest one of its part as well. The operations that it starts may be executed after it has
 * rejoined the others, see {@link LostNodes}.
 */
final class LostNodeSweeper implements Nodes.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(LostNodeSweeper.class);

  /** Time for all nodes to learn that another one is lost. */
  private static final long DELAY_MS = 1_000;

  /** For one question whether sessions are still to be adopted. */
  private static final long ANSWER_MS = 1_000;

  /** How often is asked; a shard that never answers cannot keep the entries for ever. */
  private static final int MAX_QUESTIONS = 30;

  private static final long MAX_SWEEP_MINUTES = 10;

  /** Number of sessions that are published at once, so that the bus can keep up. */
  private static final int BATCH = 500;

  private static final long PAUSE_MS = 10;

  private final Vertx vertx;
  private final Nodes nodes;
  private final ShardBus shards;
  private final LostSessionEvents events;
  private final UserChanges changes;
  private final IMap<String, UserEntry> users;
  private final IMap<String, GroupEntry> groups;
  private final WorkerExecutor worker;

  LostNodeSweeper(
      Vertx vertx,
      HazelcastInstance hazelcast,
      Nodes nodes,
      ShardBus shards,
      LostSessionEvents events,
      UserChanges changes) {
    this.vertx = vertx;
    this.nodes = nodes;
    this.shards = shards;
    this.events = events;
    this.changes = changes;
    users = hazelcast.getMap(DirectoryNames.USERS);
    groups = hazelcast.getMap(DirectoryNames.GROUPS);
    worker =
        vertx.createSharedWorkerExecutor(
            "linkspan-lost-nodes", 1, MAX_SWEEP_MINUTES, TimeUnit.MINUTES);
  }

  @Override
  public void joined(Node node) {
    // A new node has no entries yet.
  }

  @Override
  public void left(Node node) {
    sweepSoon();
  }

  @Override
  public void merged() {
    sweepSoon();
  }

  private void sweepSoon() {
    vertx.setTimer(DELAY_MS, id -> sweep(MAX_QUESTIONS));
  }

  private void sweep(int questions) {
    if (!isOldest()) {
      return;
    }
    worker
        .executeBlocking(this::lostNodes)
        .compose(lost -> adopted(lost).compose(done -> sweep(lost, done, questions)))
        .onFailure(
            failure -> LOG.error("cannot remove the directory entries of a lost node", failure));
  }

  private Future<Void> sweep(Set<String> lost, boolean adopted, int questions) {
    if (lost.isEmpty()) {
      return Future.succeededFuture();
    }
    if (!adopted && questions > 1) {
      vertx.setTimer(ANSWER_MS, id -> sweep(questions - 1));
      return Future.succeededFuture();
    }
    return worker.executeBlocking(() -> sweep(lost)).onSuccess(this::publish).mapEmpty();
  }

  private boolean isOldest() {
    List<Node> all = nodes.all();
    return !all.isEmpty() && all.get(0).equals(nodes.self());
  }

  /** Returns whether no shard has sessions of these nodes still to adopt. */
  private Future<Boolean> adopted(Set<String> lost) {
    List<Future<Boolean>> answers = new ArrayList<>();
    for (String node : lost) {
      ShardCall question = ShardCall.newBuilder().setAdopted(node).build();
      for (Node member : nodes.all()) {
        for (String shard : member.addresses()) {
          answers.add(
              shards
                  .call(shard, question, ANSWER_MS)
                  .map(reply -> reply.getConfirm().getStands())
                  .otherwise(failure -> isUnused(failure)));
        }
      }
    }
    return Future.join(answers)
        .map(all -> answers.stream().allMatch(answer -> Boolean.TRUE.equals(answer.result())));
  }

  /** Returns whether a shard did not answer because it has not started, or has ended. */
  private static boolean isUnused(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  /** Removes the entries of lost nodes and returns the lost sessions. Blocks. */
  private List<UserEntry> sweep(Set<String> found) {
    Set<String> lost = new HashSet<>(found);
    lost.removeAll(members());
    if (lost.isEmpty()) {
      return List.of();
    }
    groups.executeOnEntries(new GroupEntry.RemoveLost(lost), new LostNodeFilter<>(lost));
    Map<String, UserEntry> taken =
        users.executeOnEntries(new UserEntry.TakeLost(lost), new LostNodeFilter<>(lost));
    changes.announceAll();
    List<UserEntry> entries = taken.values().stream().filter(Objects::nonNull).toList();
    LOG.warn(
        "{} sessions were lost with the nodes {}",
        entries.stream().mapToInt(entry -> entry.sessions().size()).sum(),
        lost);
    return entries;
  }

  private Set<String> lostNodes() {
    Set<String> members = members();
    Set<String> found = new HashSet<>();
    others(groups, members, found);
    others(users, members, found);
    // A node that joined in the meantime may have entries already.
    found.removeAll(members());
    return found;
  }

  private static <V extends NodeEntry> void others(
      IMap<String, V> map, Set<String> members, Set<String> found) {
    map.project(new NodesExcept<V>(members), new OtherNodeFilter<V>(members))
        .forEach(found::addAll);
  }

  private Set<String> members() {
    return nodes.all().stream().map(Node::id).collect(Collectors.toSet());
  }

  /** Publishes the lost sessions, except those of nodes that are members again. */
  private void publish(List<UserEntry> lost) {
    Set<String> members = members();
    publish(
        lost.stream()
            .flatMap(
                entry ->
                    entry.sessions().stream()
                        .filter(session -> !members.contains(session.node()))
                        .map(session -> Map.entry(session, entry.groupsOf(session))))
            .iterator());
  }

  private void publish(Iterator<Map.Entry<SessionRef, Set<String>>> lost) {
    for (int i = 0; i < BATCH && lost.hasNext(); i++) {
      Map.Entry<SessionRef, Set<String>> session = lost.next();
      events.lost(session.getKey(), session.getValue());
    }
    if (lost.hasNext()) {
      vertx.setTimer(PAUSE_MS, id -> publish(lost));
    }
  }
}
