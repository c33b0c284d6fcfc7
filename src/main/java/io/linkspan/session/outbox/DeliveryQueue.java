package io.linkspan.session.outbox;

import java.util.HashMap;
import java.util.Map;

/**
 * The deliveries of one outbox in order of arrival, with an index by eventId. Several deliveries
 * may have the same eventId. Pure; the links are fields of the deliveries, so that no list is
 * searched.
 */
final class DeliveryQueue {

  private final Map<String, PendingDelivery> byEventId = new HashMap<>(4);
  private PendingDelivery oldest;
  private PendingDelivery newest;
  private int count;
  private long bytes;

  /** Returns the oldest delivery; null when there is none. */
  PendingDelivery oldest() {
    return oldest;
  }

  /** Returns the oldest delivery with this eventId; null when there is none. */
  PendingDelivery find(String eventId) {
    return byEventId.get(eventId);
  }

  /** Returns the number of deliveries. */
  int count() {
    return count;
  }

  /** Returns the bytes of all deliveries. */
  long bytes() {
    return bytes;
  }

  /** Adds a delivery at the end. */
  void add(PendingDelivery delivery) {
    count++;
    bytes += delivery.size;
    delivery.previous = newest;
    if (newest == null) {
      oldest = delivery;
    } else {
      newest.next = delivery;
    }
    newest = delivery;
    PendingDelivery head = byEventId.putIfAbsent(delivery.eventId(), delivery);
    while (head != null) {
      if (head.sameId == null) {
        head.sameId = delivery;
        return;
      }
      head = head.sameId;
    }
  }

  /** Removes a delivery, which must be in the queue. */
  void remove(PendingDelivery delivery) {
    count--;
    bytes -= delivery.size;
    if (delivery.previous == null) {
      oldest = delivery.next;
    } else {
      delivery.previous.next = delivery.next;
    }
    if (delivery.next == null) {
      newest = delivery.previous;
    } else {
      delivery.next.previous = delivery.previous;
    }
    removeId(delivery);
  }

  private void removeId(PendingDelivery delivery) {
    PendingDelivery head = byEventId.get(delivery.eventId());
    if (head == delivery) {
      if (delivery.sameId == null) {
        byEventId.remove(delivery.eventId());
      } else {
        byEventId.put(delivery.eventId(), delivery.sameId);
      }
      return;
    }
    while (head.sameId != delivery) {
      head = head.sameId;
    }
    head.sameId = delivery.sameId;
  }
}
