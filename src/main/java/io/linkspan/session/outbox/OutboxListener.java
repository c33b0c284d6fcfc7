package io.linkspan.session.outbox;

/** Listener for the changes of an {@link Outbox}, to keep a replica. */
public interface OutboxListener {

  /** A delivery was added. */
  void added(PendingDelivery delivery);

  /** An attempt to send a delivery has failed. */
  void attempted(PendingDelivery delivery);

  /** A delivery has ended. */
  void removed(PendingDelivery delivery);

  /** The client has read up to this offset. */
  void anchored(String offset);
}
