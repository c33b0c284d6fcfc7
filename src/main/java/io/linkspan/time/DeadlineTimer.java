package io.linkspan.time;

import io.vertx.core.Vertx;

/**
 * One timer for a deadline that moves often and is due seldom. A deadline that moves into the
 * future costs nothing: the timer fires at the old time, its owner finds that nothing is due and
 * arms it anew. Used only on the event loop that made it.
 */
public final class DeadlineTimer {

  private final TimerQueue queue;
  private final Runnable onDue;

  /** Place in the queue; -1 while the timer is not armed. */
  private int index = -1;

  private long dueAt;

  /**
   * Creates a timer on the calling event loop.
   *
   * @param onDue called at or before a deadline; does what is due and arms the timer again
   */
  public DeadlineTimer(Vertx vertx, Runnable onDue) {
    this(new VertxScheduler(vertx), onDue);
  }

  /** Creates a timer on the scheduler's event loop, which is never late. */
  public DeadlineTimer(Scheduler scheduler, Runnable onDue) {
    this(new TimerQueue(scheduler, 0), onDue);
  }

  /** Creates a timer that shares a queue with others, and may be as late as the queue allows. */
  public DeadlineTimer(TimerQueue queue, Runnable onDue) {
    this.queue = queue;
    this.onDue = onDue;
  }

  /** Returns milliseconds of a monotonic clock; the time base of every deadline. */
  public static long now() {
    return Scheduler.systemTime();
  }

  /**
   * Makes sure that the timer fires no later than at {@code deadline}, or as much later as its
   * queue allows; {@link Long#MAX_VALUE} asks for nothing.
   */
  public void arm(long deadline) {
    if (deadline == Long.MAX_VALUE || (index >= 0 && dueAt <= deadline)) {
      return;
    }
    long due = queue.round(deadline);
    if (index < 0 || due < dueAt) {
      dueAt = due;
      queue.put(this);
    }
  }

  /** Stops the timer; must be called when the owner ends. */
  public void cancel() {
    if (index >= 0) {
      queue.remove(this);
    }
  }

  /** Returns when the timer fires. */
  long dueAt() {
    return dueAt;
  }

  int index() {
    return index;
  }

  void index(int place) {
    index = place;
  }

  void fire() {
    onDue.run();
  }
}
