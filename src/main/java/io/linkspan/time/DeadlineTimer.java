package io.linkspan.time;

import io.vertx.core.Vertx;

/**
 * One Vert.x timer for a deadline that moves often and is due seldom. A deadline that moves into
 * the future costs nothing: the timer fires at the old time, its owner sees that nothing is due and
 * arms it anew. Used only on the event loop that made it.
 */
public final class DeadlineTimer {

  private static final long NOT_ARMED = -1;

  private final Vertx vertx;
  private final Runnable onDue;
  private long timer = NOT_ARMED;
  private long armedFor;

  /**
   * @param onDue called at or before a deadline; does what is due and arms the timer again
   */
  public DeadlineTimer(Vertx vertx, Runnable onDue) {
    this.vertx = vertx;
    this.onDue = onDue;
  }

  /** Milliseconds of a monotonic clock; the time base of every deadline. */
  public static long now() {
    return System.nanoTime() / 1_000_000;
  }

  /**
   * Makes sure that the timer fires no later than at {@code deadline}; {@link Long#MAX_VALUE} asks
   * for nothing.
   */
  public void arm(long deadline) {
    if (deadline == Long.MAX_VALUE || (timer != NOT_ARMED && armedFor <= deadline)) {
      return;
    }
    cancel();
    armedFor = deadline;
    timer = vertx.setTimer(Math.max(1, deadline - now()), this::fire);
  }

  /** To be called when the owner ends. */
  public void cancel() {
    if (timer != NOT_ARMED) {
      vertx.cancelTimer(timer);
      timer = NOT_ARMED;
    }
  }

  private void fire(long id) {
    timer = NOT_ARMED;
    onDue.run();
  }
}
