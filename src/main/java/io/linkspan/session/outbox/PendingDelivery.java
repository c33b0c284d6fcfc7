package io.linkspan.session.outbox;

import io.linkspan.api.Message;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.RemoteCallback;
import io.linkspan.wire.Pending;

/**
 * A Message in an {@link Outbox}, until the client has acknowledged it or delivery has failed.
 * Linked in three lists, so that no list is searched: the outbox in order of arrival, the Messages
 * with the same eventId, and the shard's deliveries in the order in which they are due.
 */
public final class PendingDelivery {

  /** The outbox of a delivery. */
  interface Owner {

    /** The client did not acknowledge in time. */
    void due(PendingDelivery delivery, long now);
  }

  final Owner outbox;
  final Outgoing outgoing;
  final int size;
  DeliveryCallback callback;

  /** When the outbox took it, in nanoseconds. */
  final long since;

  /** Whether the client was away at some time since then. */
  boolean waited;

  /** Times that it was sent, on whichever link, except where another Message ended the link. */
  int attempts;

  /** Whether it was written to a client that can say later how far it has read. */
  boolean written;

  /** Position in its outbox; identifies the delivery in a replica of the session. */
  final long number;

  PendingDelivery previous;
  PendingDelivery next;
  PendingDelivery sameId;

  /** Time at which it is due; for a written one, the time of writing. */
  long dueAt;

  PendingDelivery previousDue;
  PendingDelivery nextDue;
  boolean timed;

  /**
   * Creates a delivery.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @param since when the outbox takes it, in nanoseconds
   */
  PendingDelivery(
      Owner outbox, long number, Outgoing outgoing, DeliveryCallback callback, long since) {
    this.outbox = outbox;
    this.number = number;
    this.outgoing = outgoing;
    this.callback = callback;
    this.since = since;
    size = outgoing.size();
  }

  /** Returns a delivery in the state that it had in another outbox. */
  static PendingDelivery of(
      Owner outbox, long number, Pending before, DeliveryCallback callback, long since) {
    var outgoing = new Outgoing(before.getMessage(), before.getChannel());
    var delivery = new PendingDelivery(outbox, number, outgoing, callback, since);
    delivery.waited = true;
    delivery.attempts = before.getAttempts();
    return delivery;
  }

  /** Returns by what a client names an event when it says how far it has read. */
  public static String offsetOf(Message message) {
    return message.getEventId()
        + '.'
        + Integer.toString(message.getFrom().hashCode(), Character.MAX_RADIX);
  }

  /** Returns the Message. */
  public Message message() {
    return outgoing.message();
  }

  /** Returns the position in its outbox, from 1. */
  public long number() {
    return number;
  }

  /** Returns how many attempts have failed. */
  public int failedAttempts() {
    return timed ? attempts - 1 : attempts;
  }

  /** Returns the callback; null when no outcome is wanted. */
  public DeliveryCallback callback() {
    return callback;
  }

  /**
   * Returns the delivery in the form that other shards receive.
   *
   * @param callback by which they report the outcome; null when no outcome is wanted
   */
  public Pending toWire(RemoteCallback callback) {
    Pending.Builder pending =
        Pending.newBuilder()
            .setMessage(outgoing.message())
            .setChannel(outgoing.channel())
            .setWritten(written)
            .setAttempts(failedAttempts())
            .setNumber(number);
    if (callback != null) {
      pending.setOrigin(callback.origin()).setTicket(callback.ticket());
    }
    return pending.build();
  }

  /** Returns the form for a replica: outcomes that only this shard can report are left out. */
  public Pending toReplica() {
    return toWire(callback instanceof RemoteCallback remote ? remote : null);
  }

  String eventId() {
    return outgoing.message().getEventId();
  }

  String offset() {
    return offsetOf(outgoing.message());
  }
}
