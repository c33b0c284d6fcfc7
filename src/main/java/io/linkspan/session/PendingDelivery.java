package io.linkspan.session;

import io.linkspan.connection.Outgoing;

/**
 * One Message in one session's {@link Outbox}, from the moment it is handed over until the client
 * has acknowledged it or it is given up. Linked in three lists, so that no list has to be searched:
 * the outbox in order of arrival, those with the same eventId, and the shard's in order of the time
 * they are due.
 */
final class PendingDelivery {

  final Outbox outbox;
  final Outgoing outgoing;
  final int size;
  DeliveryCallback settlement;
  int attempts;

  /** The client has been sent it and may have read it; only where it can say so later. */
  boolean written;

  /** By which copies know it; 0 when it was never told to any. */
  long number;

  PendingDelivery previous;
  PendingDelivery next;
  PendingDelivery sameId;

  /** When it is due; of one that was written, since when. */
  long dueAt;

  PendingDelivery previousDue;
  PendingDelivery nextDue;
  boolean timed;

  /**
   * @param settlement told how it ends; null when nobody asks
   */
  PendingDelivery(Outbox outbox, Outgoing outgoing, DeliveryCallback settlement) {
    this.outbox = outbox;
    this.outgoing = outgoing;
    this.settlement = settlement;
    size = outgoing.message().getSerializedSize();
  }

  String eventId() {
    return outgoing.message().getEventId();
  }

  String offset() {
    return Session.offsetOf(outgoing.message());
  }
}
