package io.linkspan.session.replica;

import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.Probe;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether a shard may act as the owner of its sessions. After a pause or a partition other
 * shards may have adopted them; the shard holds what clients send until it has found out. Used only
 * on the shard's event loop.
 *
 * <pre>
 *                pause, merge           asked the directory
 *   CERTAIN ────────────────► RECLAIMING ─────────────────► CERTAIN
 *      │ pause longer than others wait     ▲
 *      ▼                  still a member   │ found the others, or they do not return
 *   PROBING ───────────────────────────────┤ or all say that it is a member again
 *      │ removed by another node,          │
 *      │ or alone                          │
 *      └─────────────► OUTCAST ────────────┘
 * </pre>
 */
public final class PartitionGuard {

  /** The sessions that the guard watches over. */
  public interface Host {

    /** Returns all sessions of the shard with their groups. */
    Map<SessionRef, Set<String>> ownedSessions();

    /** Returns one session of the shard with its groups; empty when the shard does not have it. */
    Map<SessionRef, Set<String>> ownedSession(String session);

    /** Ends a session that another shard owns. */
    void fence(String session);

    /**
     * Other shards may have the sessions: returns held Messages to their senders and closes the
     * links of all resumable sessions, which keep waiting for their clients.
     */
    void outcast();

    /** The shard owns its sessions: Messages that were held may continue. */
    void ownershipConfirmed();
  }

  private enum State {
    CERTAIN,
    RECLAIMING,
    PROBING,
    OUTCAST
  }

  private static final Logger LOG = LoggerFactory.getLogger(PartitionGuard.class);

  /** Longer than it takes to find the other nodes again if they still run; milliseconds. */
  static final long MAX_OUTCAST = 60_000;

  /** After this time, ownership is taken to be unchanged; milliseconds. */
  static final long RECLAIM_TIMEOUT = 10_000;

  /** For nodes that have just found each other to enter their sessions; milliseconds. */
  static final long SETTLE_TIME = 5_000;

  /** For the entries of a lost node to be removed, or found to be lost; milliseconds. */
  static final long GROUPS_SETTLE_TIME = 3_000;

  private static final long PROBE_TIMEOUT = 1_000;

  /** Between the end of one round of questions and the next one; milliseconds. */
  private static final long PROBE_PAUSE = 250;

  /** Between two questions to the directory who has a session; milliseconds. */
  private static final long RETRY_MS = 250;

  /** Questions to the directory about one session. */
  private static final int MAX_QUESTIONS = 20;

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final Nodes nodes;
  private final SessionDirectory directory;
  private final String address;
  private final Host host;
  private State state = State.CERTAIN;

  /** Completed when the questions end; meaningful while probing. */
  private Promise<Boolean> membership = Promise.promise();

  /** Until then other nodes may not have entered all their sessions in the directory. */
  private long incompleteUntil;

  /** Until then other nodes may not have entered all groups of their sessions. */
  private long groupsIncompleteUntil;

  /** The other members as of the last event: during a pause, the cluster's own list moves on. */
  private final Set<String> others = new HashSet<>();

  /** Number of the current round of questions: answers to earlier ones are ignored. */
  private int round;

  /** When the others have been silent for too long; meaningful while probing. */
  private long probesUntil;

  /** Creates the guard of one shard. */
  public PartitionGuard(
      ShardBus bus,
      Scheduler scheduler,
      Nodes nodes,
      SessionDirectory directory,
      String address,
      Host host) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.nodes = nodes;
    this.directory = directory;
    this.address = address;
    this.host = host;
    nodes.all().stream()
        .filter(node -> !node.equals(nodes.self()))
        .forEach(node -> others.add(node.id()));
  }

  /** Returns whether the shard may act on what clients send. */
  public boolean isCertain() {
    return state == State.CERTAIN;
  }

  /** Returns whether other nodes have removed this one. */
  public boolean isOutcast() {
    return state == State.OUTCAST;
  }

  /**
   * Returns whether clients are admitted: false while other nodes may have removed this one, which
   * then cannot tell whether a client's session exists.
   */
  public boolean admitsClients() {
    return state == State.CERTAIN || state == State.RECLAIMING;
  }

  /**
   * Returns whether this node is a member of the cluster, once that is known: false while other
   * nodes have removed it. Without the answer it must not act on the loss of another node, which
   * may be its own mistake.
   */
  public Future<Boolean> membership() {
    return state == State.PROBING
        ? membership.future()
        : Future.succeededFuture(state != State.OUTCAST);
  }

  /** Returns whether the directory lists every session: one that is not found does not exist. */
  public boolean isDirectoryComplete() {
    return admitsClients() && scheduler.now() >= incompleteUntil;
  }

  /**
   * Returns whether the directory names every node with members of a group. It may not while the
   * sessions of a lost node are adopted, and when parts of it were lost with several nodes.
   */
  public boolean areGroupsComplete() {
    return scheduler.now() >= groupsIncompleteUntil;
  }

  /**
   * The event loop stood still.
   *
   * @param pause in milliseconds
   */
  public void stalled(long pause) {
    if (state == State.OUTCAST) {
      return;
    }
    if (state == State.PROBING) {
      // Whether this node is a member is still not known, however short this pause was.
      beginProbing();
      return;
    }
    if (pause <= nodes.givenUpAfter() || others.isEmpty()) {
      reclaim();
      return;
    }
    LOG.warn("the event loop stood still for {} ms: asking the other nodes who is a member", pause);
    beginProbing();
  }

  /** A node has joined. */
  public void joined(Nodes.Node node) {
    others.add(node.id());
    incompleteUntil = scheduler.now() + SETTLE_TIME;
    if (state == State.OUTCAST) {
      reclaim();
    }
  }

  /**
   * Another shard says that it has adopted a session: ends the session here if the directory says
   * so too. A node that had stood still, or was partitioned, may take others to be lost that are
   * not.
   */
  public void adopted(String session) {
    adopted(session, 1);
  }

  private void adopted(String session, int question) {
    Map<SessionRef, Set<String>> owned = host.ownedSession(session);
    if (owned.isEmpty()) {
      return;
    }
    directory
        .reclaim(owned)
        .onComplete(
            others -> others.forEach(ref -> host.fence(ref.session())),
            failure -> {
              if (question < MAX_QUESTIONS) {
                scheduler.schedule(RETRY_MS, () -> adopted(session, question + 1));
              } else {
                LOG.warn("the directory did not answer whether {} is still here", session);
              }
            });
  }

  /** A node has left: the shards that adopt its sessions may not have entered them. */
  public void left(Nodes.Node node) {
    others.remove(node.id());
    incompleteUntil = scheduler.now() + SETTLE_TIME;
    groupsIncompleteUntil = Math.max(groupsIncompleteUntil, scheduler.now() + GROUPS_SETTLE_TIME);
  }

  /**
   * This node was partitioned from others and has found them again, or a part of the directory was
   * lost with several nodes.
   */
  public void merged() {
    incompleteUntil = scheduler.now() + SETTLE_TIME;
    groupsIncompleteUntil = incompleteUntil;
    switch (state) {
      case CERTAIN, RECLAIMING -> reclaim();
      case PROBING -> beginProbing();
      case OUTCAST -> {
        // A node that lost all others at once gets this event too, without having found any.
        if (nodes.all().size() > 1) {
          reclaim();
        }
      }
    }
  }

  /** Answers another shard's probe: whether its node is a member for this one. */
  public boolean isMember(Probe probe) {
    return nodes.all().stream().anyMatch(node -> node.id().equals(probe.getNode()));
  }

  /**
   * Asks until another node answers. Nodes that are as busy as this one was, or have not started
   * yet, are silent for a while; nodes that are gone are removed within {@link Nodes#givenUpAfter}.
   */
  private void beginProbing() {
    if (state != State.PROBING) {
      membership = Promise.promise();
    }
    state = State.PROBING;
    probesUntil = scheduler.now() + 2 * nodes.givenUpAfter();
    probe(++round);
  }

  private void probe(int of) {
    if (round != of) {
      return;
    }
    ShardCall question =
        ShardCall.newBuilder().setProbe(Probe.newBuilder().setNode(nodes.self().id())).build();
    int index = ShardAddress.indexOf(address);
    List<Future<ShardReply>> answers = new ArrayList<>();
    for (Nodes.Node node : nodes.all()) {
      if (!node.equals(nodes.self())) {
        String shard = ShardAddress.of(node.id(), index % node.shards());
        answers.add(bus.call(shard, question, PROBE_TIMEOUT));
      }
    }
    if (answers.isEmpty()) {
      answered(of, 0, 0);
      return;
    }
    var open = new AtomicInteger(answers.size());
    var members = new AtomicInteger();
    for (Future<ShardReply> answer : answers) {
      answer.onComplete(
          reply -> {
            boolean known = reply.succeeded();
            if (known && !reply.result().getConfirm().getStands()) {
              denied(of);
            } else if (known) {
              members.incrementAndGet();
            }
            if (open.decrementAndGet() == 0) {
              answered(of, members.get(), answers.size());
            }
          });
    }
  }

  /** Another node has removed this one. */
  private void denied(int of) {
    if (round == of && state == State.PROBING) {
      outcast();
    }
  }

  /**
   * All nodes have answered or were silent.
   *
   * @param members number of nodes for which this one is a member
   * @param asked number of nodes
   */
  private void answered(int of, int members, int asked) {
    if (round != of) {
      return;
    }
    // An outcast waits until all say so: another outcast would call it a member too.
    if (state == State.OUTCAST ? asked > 0 && members == asked : members > 0) {
      reclaim();
    } else if (state == State.PROBING && (asked == 0 || scheduler.now() >= probesUntil)) {
      outcast();
    } else {
      scheduler.schedule(PROBE_PAUSE, () -> probe(of));
    }
  }

  private void outcast() {
    LOG.warn("other nodes have removed this one: its clients are sent to them");
    state = State.OUTCAST;
    int current = ++round;
    membership.tryComplete(false);
    host.outcast();
    scheduler.schedule(
        MAX_OUTCAST,
        () -> {
          if (round == current && state == State.OUTCAST) {
            reclaim();
          }
        });
    scheduler.schedule(PROBE_PAUSE, () -> probe(current));
  }

  /** Asks the directory which sessions another shard owns by now. */
  private void reclaim() {
    state = State.RECLAIMING;
    int current = ++round;
    membership.tryComplete(true);
    long timeout =
        scheduler.schedule(
            RECLAIM_TIMEOUT,
            () -> {
              LOG.warn("the directory did not answer which sessions are still here");
              confirm(current);
            });
    directory
        .reclaim(host.ownedSessions())
        .onComplete(
            others -> {
              scheduler.cancel(timeout);
              // A late answer is as good.
              others.forEach(ref -> host.fence(ref.session()));
              confirm(current);
            },
            failure -> {
              LOG.debug("the directory does not answer which sessions are still here", failure);
              scheduler.cancel(timeout);
              confirm(current);
            });
  }

  private void confirm(int of) {
    if (round == of && state == State.RECLAIMING) {
      state = State.CERTAIN;
      host.ownershipConfirmed();
    }
  }
}
