package io.linkspan.session.outbox;

import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;

/**
 * Deliveries of one shard that wait for an acknowledgement, in the order in which they are due. All
 * wait equally long, so the order is that of sending, and adding and removing are a few field
 * writes. Used only on the event loop of the shard.
 */
public final class AckTimeouts {

  private final long timeout;
  private final Scheduler scheduler;
  private final DeadlineTimer timer;
  private PendingDelivery first;
  private PendingDelivery last;

  /**
   * Creates an empty list.
   *
   * @param timeout milliseconds for a client to acknowledge
   */
  public AckTimeouts(Scheduler scheduler, long timeout) {
    this.timeout = timeout;
    this.scheduler = scheduler;
    timer = new DeadlineTimer(scheduler, this::onTimer);
  }

  /** Ends the timer. */
  public void stop() {
    timer.cancel();
  }

  /** Returns the time. */
  long now() {
    return scheduler.now();
  }

  /** Returns the time in nanoseconds. */
  long nanoTime() {
    return scheduler.nanoTime();
  }

  /** Adds a delivery that was sent now. */
  void add(PendingDelivery delivery, long now) {
    delivery.dueAt = now + timeout;
    delivery.timed = true;
    delivery.previousDue = last;
    if (last == null) {
      first = delivery;
      timer.arm(delivery.dueAt);
    } else {
      last.nextDue = delivery;
    }
    last = delivery;
  }

  /** Removes a delivery; does nothing when it is not in the list. */
  void remove(PendingDelivery delivery) {
    if (!delivery.timed) {
      return;
    }
    delivery.timed = false;
    if (delivery.previousDue == null) {
      first = delivery.nextDue;
    } else {
      delivery.previousDue.nextDue = delivery.nextDue;
    }
    if (delivery.nextDue == null) {
      last = delivery.previousDue;
    } else {
      delivery.nextDue.previousDue = delivery.previousDue;
    }
    delivery.previousDue = null;
    delivery.nextDue = null;
  }

  private void onTimer() {
    long now = scheduler.now();
    while (first != null && first.dueAt <= now) {
      PendingDelivery due = first;
      remove(due);
      due.outbox.due(due, now);
    }
    timer.arm(first == null ? Long.MAX_VALUE : first.dueAt);
  }
}
