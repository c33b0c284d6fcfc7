package io.linkspan.time;

import io.vertx.core.Vertx;

/**
 * One timer for a deadline that moves often and is due seldom. A deadline that moves into the
 * future costs nothing: the timer fires at the old time, its owner finds that nothing is due and
 * arms it anew. Used only on the event loop that made it.
 */
public final class DeadlineTimer {

  private static final long NOT_ARMED = -1;

  private final Scheduler scheduler;
  private final Runnable onDue;
  private long timer = NOT_ARMED;
  private long armedFor;

  /**
   * Creates a timer on the calling event loop.
   *
   * @param onDue called at or before a deadline; does what is due and arms the timer again
   */
  public DeadlineTimer(Vertx vertx, Runnable onDue) {
    this(new VertxScheduler(vertx), onDue);
  }

  /** Creates a timer on the scheduler's event loop. */
  public DeadlineTimer(Scheduler scheduler, Runnable onDue) {
    this.scheduler = scheduler;
    this.onDue = onDue;
  }

  /** Returns milliseconds of a monotonic clock; the time base of every deadline. */
  public static long now() {
    return Scheduler.systemTime();
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
    timer = scheduler.schedule(Math.max(1, deadline - scheduler.now()), this::fire);
  }

  /** Stops the timer; must be called when the owner ends. */
  public void cancel() {
    if (timer != NOT_ARMED) {
      scheduler.cancel(timer);
      timer = NOT_ARMED;
    }
  }

  private void fire() {
    timer = NOT_ARMED;
    onDue.run();
  }
}
