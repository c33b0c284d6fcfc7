package io.linkspan.session.replica;

import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.time.RepeatedFailure;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import io.linkspan.wire.Recall;
import io.linkspan.wire.SessionState;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Keeps a replica of a shard's resumable sessions on the next node, and here the replicas of other
 * shards; when their node is lost, their sessions are adopted here. Used only on the shard's event
 * loop.
 */
public final class Replicator {

  /** The sessions that are replicated, and the shard that adopts those of others. */
  public interface Host {

    /** Returns all resumable sessions. */
    Iterable<SessionState> resumableSessions();

    /**
     * Takes over a session whose owner is lost.
     *
     * @param owner bus address of the shard that had it
     * @return whether it is here now, and Messages to its groups reach it from everywhere; false
     *     when another shard has it
     */
    Future<Boolean> adopt(SessionState state, String owner);

    /** Returns whether this node is a member of the cluster, once that is known. */
    Future<Boolean> membership();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Replicator.class);
  private static final RepeatedFailure LOST =
      new RepeatedFailure(LOG, Level.WARN, "a session is lost with its node");
  private static final int MAX_CHANGES = 20_000;
  private static final long COPY_TIMEOUT = 2_000;
  private static final long RETRY_MS = 250;
  private static final int MAX_ADOPTIONS = 20;

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final Nodes nodes;
  private final String address;
  private final boolean enabled;
  private final Host host;
  private final ReplicationLog log;
  private final ReplicationLag lag;
  private final ReplicaStore replicas;

  /** Owners that were called lost, here or by others, and have sent no changes since. */
  private final Set<String> doubtful = new HashSet<>();

  /** Number of sessions that are being adopted, by the id of their lost node. */
  private final Map<String, Integer> adopting = new HashMap<>();

  private boolean scheduled;

  /** Has a replica, and keeps it until the present peer has one; null when there is none. */
  private String formerPeer;

  /**
   * Creates the replicator of one shard; {@link #follow} starts it.
   *
   * @param address of the shard
   * @param enabled whether replicas are made
   * @param memory is charged for them
   * @param lag measures how far they are behind
   */
  public Replicator(
      ShardBus bus,
      Scheduler scheduler,
      Nodes nodes,
      String address,
      boolean enabled,
      MemoryAccount memory,
      ReplicationLag lag,
      Host host) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.nodes = nodes;
    this.address = address;
    this.enabled = enabled;
    this.host = host;
    this.lag = lag;
    log = new ReplicationLog(address, MAX_CHANGES, memory);
    replicas = new ReplicaStore(memory);
  }

  /** Chooses the shard that keeps the replica; to be called when the nodes have changed. */
  public void follow() {
    if (!enabled) {
      return;
    }
    String before = log.peer();
    String after = ReplicaRing.holderOf(address, nodes.all());
    if (before != null && !before.equals(after)) {
      if (log.isComplete()) {
        discardReplica(formerPeer);
        formerPeer = before;
      } else {
        discardReplica(before);
      }
    }
    if (Objects.equals(formerPeer, after)) {
      formerPeer = null;
    }
    if (!Objects.equals(before, after)) {
      lag.begins(after != null, scheduler);
    }
    log.follow(after);
    schedule();
  }

  /** Lets a peer delete the replica, which gets no further changes. */
  private void discardReplica(String peer) {
    if (peer != null) {
      bus.send(
          peer,
          ShardCall.newBuilder()
              .setCopy(Copy.newBuilder().setOwner(address).setAnew(true))
              .build());
    }
  }

  /**
   * A node has left: sessions whose replicas are here, and for this shard to have, are adopted.
   * Others are offered to the shard that is to have them: their owner may have been lost before its
   * replica there was complete. A node that may itself be the lost one waits until it has found
   * out; if it is, it forgets them.
   */
  public void nodeLost(String node) {
    doubtful.addAll(ownersOn(node));
    host.membership().onSuccess(member -> settle(node, member));
  }

  /**
   * Decides about the replicas of a node that was lost.
   *
   * @param member whether this node is a member of the cluster
   */
  private void settle(String node, boolean member) {
    for (String owner : ownersOn(node)) {
      if (!doubtful.remove(owner)) {
        continue;
      }
      List<SessionState> left = replicas.takeAll(owner);
      if (member && !isMember(node)) {
        adoptOrOffer(left, owner);
      }
    }
  }

  private void adoptOrOffer(List<SessionState> left, String owner) {
    String holder = ReplicaRing.holderOf(owner, nodes.all());
    if (address.equals(holder)) {
      adopt(left, owner);
    } else {
      LOG.info("{} is lost; {} of its sessions are offered to {}", owner, left.size(), holder);
      bus.send(
          holder,
          ShardCall.newBuilder()
              .setOffer(Copy.newBuilder().setOwner(owner).addAllChanges(changes(left)))
              .build());
    }
  }

  private List<String> ownersOn(String node) {
    return replicas.owners(shard -> ShardAddress.nodeOf(shard).equals(node));
  }

  private boolean isMember(String node) {
    return nodes.all().stream().anyMatch(member -> member.id().equals(node));
  }

  /**
   * Takes the replica of a lost owner that another shard has, unless there is one here. An owner
   * that remains a member was taken to be lost by mistake: the replica is forgotten.
   */
  public void offered(Copy offer) {
    String owner = offer.getOwner();
    if (replicas.has(owner)) {
      return;
    }
    replicas.apply(offer);
    String node = ShardAddress.nodeOf(owner);
    if (isMember(node)) {
      doubtful.add(owner);
      scheduler.schedule(nodes.givenUpAfter(), () -> withdraw(owner));
    } else {
      adopt(replicas.takeAll(owner), owner);
    }
  }

  private void withdraw(String owner) {
    if (isMember(ShardAddress.nodeOf(owner)) && doubtful.remove(owner)) {
      replicas.takeAll(owner);
    }
  }

  private void adopt(List<SessionState> left, String owner) {
    LOG.info("{} is lost; {} of its sessions are adopted here", owner, left.size());
    left.forEach(state -> adopt(state, owner, true));
  }

  /** Returns whether sessions of a lost node are still to be adopted here. */
  public boolean isAdopting(String node) {
    return adopting.containsKey(node) || !ownersOn(node).isEmpty();
  }

  /**
   * Another shard cannot reach the owner of a session: adopts the session if its replica is here.
   */
  public void recall(Recall recall) {
    SessionState state = replicas.take(recall.getOwner(), recall.getSession());
    if (state != null) {
      adopt(state, recall.getOwner(), false);
    }
  }

  /** Asks the holder of the replica to adopt a session whose owner does not answer. */
  public void requestRecall(String session, String owner) {
    String holder = enabled ? ReplicaRing.holderOf(owner, nodes.all()) : null;
    if (holder != null) {
      bus.send(
          holder,
          ShardCall.newBuilder()
              .setRecall(Recall.newBuilder().setSession(session).setOwner(owner))
              .build());
    }
  }

  /**
   * Stores the changes of another shard.
   *
   * @return false when the shard's node is not a member, so that nobody would ever end the replica
   */
  public boolean apply(Copy copy) {
    if (copy.getChangesCount() > 0 && !isMember(ShardAddress.nodeOf(copy.getOwner()))) {
      return false;
    }
    doubtful.remove(copy.getOwner());
    replicas.apply(copy);
    return true;
  }

  /** Returns the shards that may take over sessions of this one, the best first. */
  public List<String> heirs() {
    return ReplicaRing.heirsOf(address, nodes.self(), nodes.all());
  }

  /** Runs an action once everything that happened until now is replicated, if anything is. */
  public void whenReplicated(Runnable action) {
    log.whenCopied(action);
  }

  /** Returns whether changes are replicated at present. */
  boolean isRecording() {
    return log.isFollowed();
  }

  /** Records a change of a session. */
  void record(Change.Builder change) {
    Change recorded = change.build();
    if (log.isFollowed()) {
      lag.changed(recorded.getSerializedSize(), scheduler);
    }
    log.record(recorded);
    schedule();
  }

  private void schedule() {
    if (!scheduled && log.isFollowed()) {
      scheduled = true;
      // The changes of one turn of the event loop are one batch.
      scheduler.defer(this::sendScheduled);
    }
  }

  private void sendScheduled() {
    scheduled = false;
    send();
  }

  private void send() {
    Copy copy = log.poll(this::all);
    if (copy == null) {
      return;
    }
    lag.sent();
    String peer = log.peer();
    long batch = log.batch();
    bus.call(peer, ShardCall.newBuilder().setCopy(copy).build(), COPY_TIMEOUT)
        .onComplete(
            copied -> {
              if (log.answered(batch, true)) {
                lag.confirmed();
              }
              if (log.isComplete()) {
                discardReplica(formerPeer);
                formerPeer = null;
              }
              send();
            },
            failure -> {
              LOG.debug("{} did not confirm the replica of this shard", peer, failure);
              if (log.answered(batch, false)) {
                lag.failed();
              }
              // Changes until then are part of what is sent next.
              scheduled = true;
              scheduler.schedule(RETRY_MS, this::sendScheduled);
            });
  }

  private List<Change> all() {
    return changes(host.resumableSessions());
  }

  private static List<Change> changes(Iterable<SessionState> states) {
    List<Change> all = new ArrayList<>();
    for (SessionState state : states) {
      all.add(Change.newBuilder().setSession(state.getSession()).setPut(state).build());
    }
    return all;
  }

  /**
   * Adopts a session.
   *
   * @param lost whether its owner is lost, not only silent. If it is a member again, it has the
   *     session
   */
  private void adopt(SessionState state, String owner, boolean lost) {
    adopting.merge(ShardAddress.nodeOf(owner), 1, Integer::sum);
    adopt(state, owner, lost, 1);
  }

  private void adoptionEnded(String owner) {
    adopting.computeIfPresent(
        ShardAddress.nodeOf(owner), (node, open) -> open == 1 ? null : open - 1);
  }

  private void adopt(SessionState state, String owner, boolean lost, int attempt) {
    if (lost && isMember(ShardAddress.nodeOf(owner))) {
      adoptionEnded(owner);
      return;
    }
    host.membership()
        .compose(member -> member ? host.adopt(state, owner) : Future.succeededFuture(false))
        .onComplete(
            adopted -> {
              adoptionEnded(owner);
              if (adopted) {
                // A former owner that was only frozen must release the session.
                bus.send(owner, ShardCall.newBuilder().setFence(state.getSession()).build());
              }
            },
            failure -> {
              // With the owner, the directory may have lost a part of itself for a moment.
              if (attempt < MAX_ADOPTIONS) {
                scheduler.schedule(RETRY_MS, () -> adopt(state, owner, lost, attempt + 1));
              } else {
                adoptionEnded(owner);
                LOST.add(state.getSession() + " of " + owner + ", " + failure);
              }
            });
  }
}
