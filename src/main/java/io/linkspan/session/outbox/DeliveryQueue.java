package io.linkspan.session.outbox;

import io.linkspan.api.Message;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The deliveries of one outbox in order of arrival, with an index by eventId, and their sizes.
 * Several deliveries may have the same eventId. Pure; the links are fields of the deliveries, so
 * that no list is searched.
 */
final class DeliveryQueue {

  private static final int MAX_ABANDONED = 64;

  /** Bytes of a delivery and of its places in the index, apart from its Message. */
  static final long DELIVERY = 112;

  /** Messages for one client that stay objects; with more of them, the further ones are packed. */
  private static final int UNPACKED = 32;

  private final EventIdIndex byEventId = new EventIdIndex();
  private PendingDelivery oldest;
  private PendingDelivery newest;
  private final OutboxMetrics metrics;
  private final MemoryAccount memory;
  private int count;
  private int written;
  private long bytes;

  /** The latest Messages that were abandoned, by {@link PendingDelivery#offsetOf}, oldest first. */
  private Set<String> abandoned = Set.of();

  /**
   * Creates an empty queue.
   *
   * @param metrics counts the deliveries of all queues
   * @param memory is charged for them
   */
  DeliveryQueue(OutboxMetrics metrics, MemoryAccount memory) {
    this.metrics = metrics;
    this.memory = memory;
  }

  /** Returns the oldest delivery; null when there is none. */
  PendingDelivery oldest() {
    return oldest;
  }

  /** Returns the oldest delivery with this eventId; null when there is none. */
  PendingDelivery find(String eventId) {
    return byEventId.find(eventId);
  }

  /** Returns the delivery of a Message with this eventId and sender; null when there is none. */
  PendingDelivery find(Message message) {
    return byEventId.find(message.getEventId(), message.getFrom());
  }

  /** Returns the oldest delivery that was written with this offset; null when there is none. */
  PendingDelivery findWritten(String offset) {
    PendingDelivery delivery = oldest;
    while (delivery != null && !(delivery.written && delivery.offset().equals(offset))) {
      delivery = delivery.next;
    }
    return delivery;
  }

  /** Returns the deliveries that were written, in order, up to one of them. */
  List<PendingDelivery> writtenUntil(PendingDelivery last) {
    List<PendingDelivery> found = new ArrayList<>();
    for (PendingDelivery delivery = oldest; delivery != last.next; delivery = delivery.next) {
      if (delivery.written) {
        found.add(delivery);
      }
    }
    return found;
  }

  /** Visits every delivery in order. */
  void forEach(Consumer<PendingDelivery> visitor) {
    for (PendingDelivery delivery = oldest; delivery != null; delivery = delivery.next) {
      visitor.accept(delivery);
    }
  }

  /** Returns the oldest delivery that was written; null when there is none. */
  PendingDelivery oldestWritten() {
    PendingDelivery delivery = written == 0 ? null : oldest;
    while (delivery != null && !delivery.written) {
      delivery = delivery.next;
    }
    return delivery;
  }

  /** Returns the number of deliveries that were written. */
  int written() {
    return written;
  }

  /** Returns the number of deliveries. */
  int count() {
    return count;
  }

  /** Returns the bytes of all deliveries. */
  long bytes() {
    return bytes;
  }

  /** Returns the bytes that the deliveries hold, as if no other queue held the same Messages. */
  long held() {
    return count * DELIVERY + 2 * bytes;
  }

  /** Adds a delivery at the end. */
  void add(PendingDelivery delivery) {
    count++;
    bytes += delivery.size();
    metrics.pending().increment();
    metrics.pendingBytes().add(delivery.size());
    memory.charge(MemoryUse.OUTBOX, DELIVERY);
    delivery.hold(memory);
    delivery.previous = newest;
    if (newest == null) {
      oldest = delivery;
    } else {
      newest.next = delivery;
    }
    newest = delivery;
    byEventId.add(delivery);
    if (count > UNPACKED) {
      delivery.pack(memory);
    }
  }

  /** Removes a delivery, which must be in the queue. */
  void remove(PendingDelivery delivery) {
    unmark(delivery);
    count--;
    bytes -= delivery.size();
    metrics.pending().decrement();
    metrics.pendingBytes().add(-delivery.size());
    memory.release(MemoryUse.OUTBOX, DELIVERY);
    delivery.release(memory);
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
    byEventId.remove(delivery);
  }

  /** A delivery was written to a client that can say later how far it has read. */
  void mark(PendingDelivery delivery, long now) {
    delivery.written = true;
    delivery.dueAt = now;
    written++;
    metrics.pending().decrement();
  }

  /** A delivery is to be written again. */
  void unmark(PendingDelivery delivery) {
    if (delivery.written) {
      delivery.written = false;
      written--;
      metrics.pending().increment();
    }
  }

  /** Remembers a Message that failed after all its attempts: it may arrive by another way too. */
  void rememberAbandoned(Message message) {
    if (abandoned.isEmpty()) {
      abandoned = new LinkedHashSet<>(4);
    }
    abandoned.add(PendingDelivery.offsetOf(message));
    if (abandoned.size() > MAX_ABANDONED) {
      abandoned.remove(abandoned.iterator().next());
    }
  }

  /** Returns whether a Message was abandoned, as far as is remembered. */
  boolean wasAbandoned(Message message) {
    return !abandoned.isEmpty() && abandoned.contains(PendingDelivery.offsetOf(message));
  }
}
