package io.linkspan.telemetry.otel;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds how many traces of clients a node continues: so many in a second, evenly refilled. Shared
 * by all event loops. Times are arguments, in nanoseconds of a monotonic clock.
 */
final class ClientRate {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** The time at which all of a second's traces are available again. */
  private final AtomicLong full;

  /** Creates a rate of which nothing is used. */
  ClientRate(long now) {
    full = new AtomicLong(now);
  }

  /**
   * Returns whether one more trace may be continued; uses it.
   *
   * @param perSecond traces in a second; 0 is none
   */
  boolean take(int perSecond, long now) {
    if (perSecond == 0) {
      return false;
    }
    long cost = SECOND / perSecond;
    while (true) {
      long before = full.get();
      long next = (before - now > 0 ? before : now) + cost;
      if (next - now > SECOND) {
        return false;
      }
      if (full.compareAndSet(before, next)) {
        return true;
      }
    }
  }
}
