package io.linkspan.session;

import io.linkspan.connection.CloseReason;
import io.linkspan.rebalance.RoundRequest;
import io.linkspan.rebalance.ShardLoad;
import io.linkspan.time.Scheduler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * Asks clients of a shard to reconnect for a rebalance, and takes the time until they have resumed
 * their sessions. Used only on the shard's event loop.
 *
 * <p>The clients that may be asked are those that are linked when the rebalance begins, each once.
 * A client that has moved is on a shard where it was not linked then, so it is not asked again.
 */
final class ReconnectRequests {

  /** A client that has not resumed its session by then is not waited for; milliseconds. */
  static final long PENDING_MS = 30_000;

  /** After so many rounds with too few idle clients, others are asked too. */
  static final int PATIENT_ROUNDS = 5;

  private final Scheduler scheduler;
  private final SessionTable table;
  private final AwaySessions away;
  private final BooleanSupplier draining;

  /** Ids of the sessions that may be asked, oldest first; some may have ended since. */
  private final Deque<String> movable = new ArrayDeque<>();

  /** Ids of the sessions that were asked and are not resumed, with the time, in order of it. */
  private final Map<String, Long> pending = new LinkedHashMap<>();

  private final List<Integer> gaps = new ArrayList<>();
  private String run = "";
  private int asked;
  private int shortRounds;

  /**
   * Creates the requests of a shard.
   *
   * @param draining whether the node stops
   */
  ReconnectRequests(
      Scheduler scheduler, SessionTable table, AwaySessions away, BooleanSupplier draining) {
    this.scheduler = scheduler;
    this.table = table;
    this.away = away;
    this.draining = draining;
  }

  /** Returns the load of the shard. */
  ShardLoad load() {
    return load(0, List.of());
  }

  /** Does one round of a rebalance; returns the load after it and what happened since the last. */
  ShardLoad round(RoundRequest request) {
    if (!run.equals(request.run())) {
      begin(request.run(), request.first());
    }
    if (!draining.getAsBoolean()) {
      ask(request.ask(), request.jitter());
    }
    ShardLoad load = load(asked, gaps);
    asked = 0;
    gaps.clear();
    return load;
  }

  /** Ends a rebalance; does nothing when it is not the current one. */
  void end(String ended) {
    if (run.equals(ended)) {
      forget();
    }
  }

  /** Ends the rebalance that a lost node has coordinated. */
  void nodeLost(String node) {
    if (RoundRequest.isRunBy(node, run)) {
      forget();
    }
  }

  /** The session of an asked client was resumed, here or elsewhere. */
  void departed(Session session) {
    Long since = pending.remove(session.id());
    if (since != null && gaps.size() < ShardLoad.MAX_GAPS) {
      gaps.add((int) (scheduler.now() - since));
    }
  }

  /** The session has ended. */
  void removed(Session session) {
    pending.remove(session.id());
  }

  /** A shard whose first round this is not has joined later: all its clients are new. */
  private void begin(String next, boolean first) {
    forget();
    run = next;
    if (first) {
      for (Session session : table.owned()) {
        if (session.isResumable() && session.client().link() != null) {
          movable.add(session.id());
        }
      }
    }
  }

  private void forget() {
    run = "";
    movable.clear();
    gaps.clear();
    asked = 0;
    shortRounds = 0;
  }

  /**
   * Asks clients with which nothing is in flight, and others only if these are missing for long.
   */
  private void ask(int count, long jitter) {
    boolean patient = shortRounds < PATIENT_ROUNDS;
    int left = count;
    for (int i = movable.size(); i > 0 && left > 0; i--) {
      Session session = table.find(movable.remove());
      if (session == null || session.client().link() == null) {
        continue;
      }
      if (patient && !session.isIdle()) {
        movable.add(session.id());
        continue;
      }
      pending.put(session.id(), scheduler.now());
      session.disconnect(CloseReason.RECONNECT, 1 + ThreadLocalRandom.current().nextLong(jitter));
      asked++;
      left--;
    }
    if (count > 0) {
      shortRounds = left > 0 ? shortRounds + 1 : 0;
    }
  }

  private ShardLoad load(int askedSince, List<Integer> gapsSince) {
    long tooLate = scheduler.now() - PENDING_MS;
    for (Iterator<Long> times = pending.values().iterator();
        times.hasNext() && times.next() < tooLate; ) {
      times.remove();
    }
    return new ShardLoad(
        table.owned().size() - away.size(),
        movable.size(),
        pending.size(),
        draining.getAsBoolean(),
        askedSince,
        gapsSince);
  }
}
