package io.linkspan.session;

/**
 * The deliveries of one shard that wait for an acknowledgement, in the order in which they are due.
 * All wait equally long, so the order is that of sending, and adding and removing are a few field
 * writes. Pure: times are arguments, in milliseconds.
 */
final class AckTimeouts {

  private final long timeout;
  private PendingDelivery first;
  private PendingDelivery last;

  AckTimeouts(long timeout) {
    this.timeout = timeout;
  }

  /** The delivery was sent now. */
  void add(PendingDelivery delivery, long now) {
    delivery.dueAt = now + timeout;
    delivery.timed = true;
    delivery.previousDue = last;
    if (last == null) {
      first = delivery;
    } else {
      last.nextDue = delivery;
    }
    last = delivery;
  }

  /** The delivery waits no longer; harmless when it did not. */
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

  /** Takes out a delivery that is due at {@code now}; null when none is. */
  PendingDelivery poll(long now) {
    PendingDelivery due = first;
    if (due == null || due.dueAt > now) {
      return null;
    }
    remove(due);
    return due;
  }

  /** When the next one is due; {@link Long#MAX_VALUE} is never. */
  long nextDeadline() {
    return first == null ? Long.MAX_VALUE : first.dueAt;
  }
}
