package io.linkspan.session;

import io.linkspan.connection.CloseReason;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Ends links that are older than the configured age. Each session has an age of its own within the
 * jitter, so clients that connected together do not reconnect together. Used only on the shard's
 * event loop.
 */
final class ConnectionAges {

  /** Between two looks at the sessions; milliseconds. */
  static final long PERIOD_MS = 1_000;

  /** A client that always has a Message in flight is asked so long after its time; milliseconds. */
  static final long PATIENCE_MS = 60_000;

  /** Longest time that a client waits before it reconnects; milliseconds. */
  private static final int DELAY_MS = 500;

  private final Scheduler scheduler;
  private final SessionTable table;
  private final long maxAge;
  private final long jitter;
  private final BooleanSupplier draining;
  private final DeadlineTimer timer;

  /**
   * Creates the ages of a shard, and begins to look at its sessions.
   *
   * @param maxAge zero: links of any age stay
   * @param jitterPercent of the age by which a link may end earlier
   * @param draining whether the node stops, so that its links end anyway
   */
  ConnectionAges(
      Scheduler scheduler,
      SessionTable table,
      Duration maxAge,
      int jitterPercent,
      BooleanSupplier draining) {
    this.scheduler = scheduler;
    this.table = table;
    this.maxAge = maxAge.toMillis();
    jitter = this.maxAge * jitterPercent / 100;
    this.draining = draining;
    timer = new DeadlineTimer(scheduler, this::look);
    if (!maxAge.isZero()) {
      timer.arm(scheduler.now() + PERIOD_MS);
    }
  }

  /** Ends the looks. */
  void stop() {
    timer.cancel();
  }

  private void look() {
    if (draining.getAsBoolean()) {
      return;
    }
    for (Session session : List.copyOf(table.owned())) {
      if (session.client().link() != null) {
        long over = session.client().age() - ageOf(session.id(), maxAge, jitter);
        if (over >= PATIENCE_MS || (over >= 0 && session.isIdle())) {
          end(session);
        }
      }
    }
    timer.arm(scheduler.now() + PERIOD_MS);
  }

  /** A client that cannot resume its session may finish what is in flight. */
  private static void end(Session session) {
    if (session.isResumable()) {
      session.disconnect(
          CloseReason.RECONNECT, 1 + Math.floorMod(session.id().hashCode(), DELAY_MS));
    } else {
      session.goAway();
    }
  }

  /** Returns the longest age of the links of a session; milliseconds. */
  static long ageOf(String session, long maxAge, long jitter) {
    // The ids are random, so their hash codes are evenly distributed.
    return maxAge - (jitter == 0 ? 0 : Math.floorMod((long) session.hashCode(), jitter));
  }
}
