package io.linkspan.time;

/**
 * Clock and timers of one event loop. Cores take it in place of Vert.x, so that a test can run them
 * in virtual time. Used only on that loop.
 */
public interface Scheduler {

  /** Returns milliseconds of the clock that every deadline refers to. */
  long now();

  /** Returns milliseconds of the system's monotonic clock. */
  static long systemTime() {
    return System.nanoTime() / 1_000_000;
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
