package io.linkspan.time;

/**
 * Clock and timers of one event loop. Cores take it in place of Vert.x, so that a test can run them
 * in virtual time. Used only on that loop.
 */
public interface Scheduler {

  /** Nanoseconds of one millisecond. */
  long NANOS_PER_MILLI = 1_000_000;

  /** Returns milliseconds of the clock that every deadline refers to. */
  long now();

  /** Returns milliseconds of the system's monotonic clock. */
  static long systemTime() {
    return System.nanoTime() / NANOS_PER_MILLI;
  }

  /** Returns nanoseconds of the same clock, for durations that are measured. */
  default long nanoTime() {
    return now() * NANOS_PER_MILLI;
  }

  /** Returns milliseconds since 1970, of a clock that can be set. */
  default long wallTime() {
    return System.currentTimeMillis();
  }

  /**
   * Runs an action later.
   *
   * @param delay in milliseconds, at least 1
   * @return the timer's id, for {@link #cancel}
   */
  long schedule(long delay, Runnable action);

  /** Cancels a timer; does nothing when it has fired. */
  void cancel(long timer);

  /** Runs an action at the end of the current turn of the loop. */
  void defer(Runnable action);
}
