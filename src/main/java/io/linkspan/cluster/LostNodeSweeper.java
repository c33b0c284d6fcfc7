package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.Nodes.Node;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the directory entries of crashed nodes, in bulk, and publishes the end of each session.
 * The oldest node does it. A sweep looks for the entries of all nodes that are not members, so the
 * next sweep completes an unfinished one. A partitioned node is the oldest one of its part as well.
 * The operations that it starts may be executed after it has rejoined the others, see {@link
 * LostNodes}.
 */
final class LostNodeSweeper implements Nodes.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(LostNodeSweeper.class);

  /** Time for the nodes with replicas of the sessions to adopt them. */
  private static final long DELAY_MS = 2_000;

  private static final long MAX_SWEEP_MINUTES = 10;

  /** Number of sessions that are published at once, so that the bus can keep up. */
  private static final int BATCH = 500;

  private static final long PAUSE_MS = 10;

  private final Vertx vertx;
  private final Nodes nodes;
  private final LostSessionEvents events;
  private final IMap<String, SessionEntry> sessions;
  private final IMap<String, UserEntry> users;
  private final IMap<String, GroupEntry> groups;
  private final WorkerExecutor worker;

  LostNodeSweeper(Vertx vertx, HazelcastInstance hazelcast, Nodes nodes, LostSessionEvents events) {
    this.vertx = vertx;
    this.nodes = nodes;
    this.events = events;
    sessions = hazelcast.getMap(DirectoryNames.SESSIONS);
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
    vertx.setTimer(
        DELAY_MS,
        id ->
            worker
                .executeBlocking(this::sweep)
                .onSuccess(this::publish)
                .onFailure(
                    failure ->
                        LOG.error("cannot remove the directory entries of a lost node", failure)));
  }

  /** Removes the entries of lost nodes and returns the lost sessions. Blocks. */
  private Map<String, SessionEntry> sweep() {
    List<Node> all = nodes.all();
    if (all.isEmpty() || !all.get(0).equals(nodes.self())) {
      return Map.of();
    }
    Set<String> lost = lostNodes();
    if (lost.isEmpty()) {
      return Map.of();
    }
    // First the entries that lead others to the node; last the ones that a repeated sweep needs.
    groups.executeOnEntries(new GroupEntry.RemoveLost(lost), new LostNodeFilter<>(lost));
    users.executeOnEntries(new UserEntry.RemoveLost(lost), new LostNodeFilter<>(lost));
    Map<String, SessionEntry> taken =
        sessions.executeOnEntries(new SessionEntry.TakeOut(), new LostNodeFilter<>(lost));
    forgetUnfinishedMoves(taken);
    LOG.warn("{} sessions were lost with the nodes {}", taken.size(), lost);
    return taken;
  }

  private Set<String> lostNodes() {
    Set<String> members = members();
    Set<String> found = new HashSet<>();
    others(groups, members, found);
    others(users, members, found);
    others(sessions, members, found);
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

  /** Removes sessions of a shard that was lost before it updated the entry of the user. */
  private void forgetUnfinishedMoves(Map<String, SessionEntry> taken) {
    Map<String, Set<String>> byUser = new HashMap<>();
    taken.forEach(
        (session, entry) ->
            byUser.computeIfAbsent(entry.user(), user -> new HashSet<>(1)).add(session));
    Set<String> stale = users.getAll(byUser.keySet()).keySet();
    for (String user : stale) {
      users.executeOnKey(user, new UserEntry.RemoveSessions(byUser.get(user)));
    }
  }

  /** Publishes the lost sessions, except those of nodes that are members again. */
  private void publish(Map<String, SessionEntry> lost) {
    Set<String> members = members();
    publish(
        lost.entrySet().stream()
            .filter(entry -> Collections.disjoint(entry.getValue().nodes(), members))
            .iterator());
  }

  private void publish(Iterator<Map.Entry<String, SessionEntry>> lost) {
    for (int i = 0; i < BATCH && lost.hasNext(); i++) {
      Map.Entry<String, SessionEntry> entry = lost.next();
      events.lost(entry.getValue().ref(entry.getKey()), entry.getValue().groups());
    }
    if (lost.hasNext()) {
      vertx.setTimer(PAUSE_MS, id -> publish(lost));
    }
  }
}
