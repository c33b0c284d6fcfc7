package io.linkspan.session;

import io.linkspan.directory.Nodes;
import io.linkspan.directory.ShardAddress;
import io.linkspan.session.replica.ReplicaStore;
import io.linkspan.session.replica.ReplicationLog;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import io.linkspan.wire.Pending;
import io.linkspan.wire.Recall;
import io.linkspan.wire.SessionState;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a copy of what a shard has for its clients on the next node, and here the copies of others;
 * when their node is lost, their sessions go on here. Used only on the shard's event loop.
 *
 * <p>The nodes stand in a ring, in an order that all know; the next one after a node has the copies
 * of its sessions. So whoever misses a session knows who may have it.
 */
final class Replicator {

  private static final Logger LOG = LoggerFactory.getLogger(Replicator.class);
  private static final int MAX_CHANGES = 20_000;
  private static final long COPY_TIMEOUT = 2_000;
  private static final long RETRY_MS = 250;
  private static final int MAX_ADOPTIONS = 20;
  private static final long PULSE_MS = 1_000;

  /** A loop that stood still for so long may have been given up by the others. */
  private static final long PAUSE_MS = 3_000;

  private final Vertx vertx;
  private final EventBus bus;
  private final Shard shard;
  private final Nodes nodes;
  private final int index;
  private final boolean enabled;
  private final ReplicationLog journal;
  private final ReplicaStore copies = new ReplicaStore();
  private boolean scheduled;
  private long lastNumber;
  private final DeadlineTimer pulse;
  private long lastPulse = DeadlineTimer.now();

  /**
   * @param index of the shard
   * @param enabled whether copies are made
   */
  Replicator(Vertx vertx, Shard shard, Nodes nodes, int index, boolean enabled) {
    this.vertx = vertx;
    this.bus = vertx.eventBus();
    this.shard = shard;
    this.nodes = nodes;
    this.index = index;
    this.enabled = enabled;
    journal = new ReplicationLog(shard.address(), MAX_CHANGES);
    pulse = new DeadlineTimer(vertx, this::onPulse);
    pulse.arm(lastPulse + PULSE_MS);
    follow();
  }

  void stop() {
    pulse.cancel();
  }

  /** If the loop has stood still, what follows from that happens now, before anything else does. */
  void wake(long now) {
    if (now - lastPulse > PAUSE_MS) {
      onPulse();
    }
  }

  private void onPulse() {
    long now = DeadlineTimer.now();
    long pause = now - lastPulse;
    if (pause > nodes.givenUpAfter()) {
      // The others have this node's sessions by now, and it may take long to find out from them.
      LOG.warn("stood still for {} ms: the clients are sent to the other nodes", pause);
      shard.standing().fenceAll();
    } else if (pause > PAUSE_MS) {
      shard.standing().reclaim();
    }
    lastPulse = now;
    pulse.arm(now + PULSE_MS);
  }

  /** The nodes have changed. */
  void follow() {
    if (!enabled) {
      return;
    }
    String before = journal.peer();
    String after = holderOf(shard.address());
    if (before != null && !before.equals(after)) {
      // What it has is not kept up to date any more.
      bus.send(
          before,
          ShardCall.newBuilder()
              .setCopy(Copy.newBuilder().setOwner(shard.address()).setAnew(true))
              .build());
    }
    journal.follow(after);
    schedule();
  }

  /** A node is gone: what there are copies of here goes on here. */
  void lost(String node) {
    // Who wakes up hears that the others are lost, and it is this node that was.
    wake(DeadlineTimer.now());
    for (String owner : copies.owners(address -> ShardAddress.nodeOf(address).equals(node))) {
      List<SessionState> left =
          shard.address().equals(holderOf(owner)) ? copies.takeAll(owner) : List.of();
      LOG.info("{} is lost, and {} of its sessions go on here", owner, left.size());
      left.forEach(state -> adopt(state, owner));
    }
  }

  /** Somebody can not reach the owner of a session. */
  void recall(Recall recall) {
    wake(DeadlineTimer.now());
    SessionState state = copies.take(recall.getOwner(), recall.getSession());
    if (state != null) {
      adopt(state, recall.getOwner());
    }
  }

  /** Asks for a session whose owner does not answer. */
  void askFor(String session, String owner) {
    String holder = enabled ? holderOf(owner) : null;
    if (holder != null) {
      bus.send(
          holder,
          ShardCall.newBuilder()
              .setRecall(Recall.newBuilder().setSession(session).setOwner(owner))
              .build());
    }
  }

  /** Another shard's changes. */
  void apply(Copy copy) {
    copies.apply(copy);
  }

  /** The shards that may take over what this one has, the best first. */
  List<String> heirs() {
    List<Nodes.Node> all = nodes.all();
    int self = all.indexOf(nodes.self());
    List<String> heirs = new ArrayList<>();
    for (int i = 1; i < all.size(); i++) {
      Nodes.Node node = all.get((self + i) % all.size());
      heirs.add(ShardAddress.of(node.id(), index % node.shards()));
    }
    return heirs;
  }

  /** Runs the action once a copy of all that happened until now is made, if any is made. */
  void whenCopied(Runnable action) {
    journal.whenCopied(action);
  }

  // --------------------------------------------------------------------- what happens here

  void put(Session session) {
    if (journal.isFollowed()) {
      record(change(session).setPut(session.describe()));
    }
  }

  void added(Session session, PendingDelivery delivery) {
    delivery.number = ++lastNumber;
    if (journal.isFollowed()) {
      record(change(session).setNumber(delivery.number).setAdded(describe(delivery)));
    }
  }

  void removed(Session session, PendingDelivery delivery) {
    if (journal.isFollowed()) {
      record(change(session).setRemoved(delivery.number));
    }
  }

  void anchored(Session session, String offset) {
    if (journal.isFollowed()) {
      record(change(session).setAnchor(offset));
    }
  }

  void joined(Session session, String group) {
    if (journal.isFollowed() && session.token() != null) {
      record(change(session).setJoined(group));
    }
  }

  void left(Session session, String group) {
    if (journal.isFollowed() && session.token() != null) {
      record(change(session).setLeft(group));
    }
  }

  void away(Session session) {
    if (journal.isFollowed()) {
      record(change(session).setAway(true));
    }
  }

  void dropped(Session session) {
    if (journal.isFollowed() && session.token() != null) {
      record(change(session).setDropped(true));
    }
  }

  /** A delivery as another node could go on with it. */
  static Pending describe(PendingDelivery delivery) {
    Pending.Builder pending =
        Pending.newBuilder()
            .setMessage(delivery.outgoing.message())
            .setChannel(delivery.outgoing.channel())
            .setWritten(delivery.written)
            .setNumber(delivery.number);
    if (delivery.settlement instanceof RemoteCallback distant) {
      pending.setOrigin(distant.origin()).setTicket(distant.ticket());
    }
    return pending.build();
  }

  private static Change.Builder change(Session session) {
    return Change.newBuilder().setSession(session.id());
  }

  private void record(Change.Builder change) {
    journal.record(change.build());
    schedule();
  }

  private void schedule() {
    if (!scheduled && journal.isFollowed()) {
      scheduled = true;
      // At the end of the turn: what happens in one turn is one batch.
      vertx.runOnContext(
          v -> {
            scheduled = false;
            send();
          });
    }
  }

  private void send() {
    Copy copy = journal.poll(this::all);
    if (copy == null) {
      return;
    }
    String peer = journal.peer();
    bus.<ShardReply>request(
            peer,
            ShardCall.newBuilder().setCopy(copy).build(),
            new DeliveryOptions().setSendTimeout(COPY_TIMEOUT))
        .onComplete(
            copied -> {
              journal.answered(peer, true);
              send();
            },
            failure -> {
              LOG.debug("{} has no copy of what is here", peer, failure);
              journal.answered(peer, false);
              // Whatever happens until then is in what is sent next.
              scheduled = true;
              vertx.setTimer(
                  RETRY_MS,
                  id -> {
                    scheduled = false;
                    send();
                  });
            });
  }

  private List<Change> all() {
    List<Change> all = new ArrayList<>();
    for (Session session : shard.sessions()) {
      if (session.token() != null) {
        all.add(change(session).setPut(session.describe()).build());
      }
    }
    return all;
  }

  private void adopt(SessionState state, String owner) {
    adopt(state, owner, 1);
  }

  private void adopt(SessionState state, String owner, int attempt) {
    shard
        .adopt(state, owner)
        .onComplete(
            adopted -> {
              if (adopted) {
                // If it only slept, it is to know.
                bus.send(owner, ShardCall.newBuilder().setFence(state.getSession()).build());
              }
            },
            failure -> {
              // The directory may have lost a part of itself with the owner, for a moment.
              if (attempt < MAX_ADOPTIONS) {
                vertx.setTimer(RETRY_MS, id -> adopt(state, owner, attempt + 1));
              } else {
                LOG.warn("session {} of {} is lost", state.getSession(), owner, failure);
              }
            });
  }

  /** Who has the copies of a shard, whether its node is there or not; null when nobody can. */
  private String holderOf(String owner) {
    String node = ShardAddress.nodeOf(owner);
    Nodes.Node next = null;
    Nodes.Node first = null;
    for (Nodes.Node candidate : nodes.all()) {
      int order = candidate.id().compareTo(node);
      if (order != 0 && (first == null || candidate.id().compareTo(first.id()) < 0)) {
        first = candidate;
      }
      if (order > 0 && (next == null || candidate.id().compareTo(next.id()) < 0)) {
        next = candidate;
      }
    }
    Nodes.Node holder = next == null ? first : next;
    return holder == null
        ? null
        : ShardAddress.of(holder.id(), ShardAddress.indexOf(owner) % holder.shards());
  }
}
