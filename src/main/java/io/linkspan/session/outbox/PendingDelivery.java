package io.linkspan.session.outbox;

import io.linkspan.api.Message;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.RemoteCallback;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.translate.StoredMessage;
import io.linkspan.wire.Pending;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A Message in an {@link Outbox}, until the client has acknowledged it or delivery has failed.
 * Linked in two lists, so that no list is searched: the outbox in order of arrival, and the shard's
 * deliveries in the order in which they are due.
 *
 * <p>A client that acknowledges nothing makes its node keep very many, so what each takes is
 * counted: 80 bytes, and the Message. That can be packed: the array of its protobuf form replaces
 * the objects, and makes them again when they are needed.
 */
public final class PendingDelivery {

  /** Bytes of the channel in the packed form. */
  private static final int CHANNEL = 1;

  private static final int MOST_CHANNEL = 0xFF;

  /** Bytes of an array, apart from its contents. */
  private static final int ARRAY = 24;

  /** Senders choose eventIds, and cannot choose those with equal hashes. */
  private static final long SEED = ThreadLocalRandom.current().nextLong();

  /** The outbox of a delivery. */
  interface Owner {

    /** The client did not acknowledge in time. */
    void due(PendingDelivery delivery, long now);
  }

  final Owner outbox;

  /** Null when it is packed. */
  private Outgoing outgoing;

  /** The channel in one byte, then the Message; null when it is not packed. */
  private byte[] packed;

  /** See {@link #hash(String)}. */
  final int hash;

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
    hash = hash(outgoing.message().getEventId());
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

  /** Returns the hash of an eventId by which an outbox finds it. It differs between processes. */
  static int hash(String eventId) {
    long hash = SEED ^ eventId.length();
    for (int i = 0; i < eventId.length(); i++) {
      hash = (hash ^ eventId.charAt(i)) * 0xBF58476D1CE4E5B9L;
      hash ^= hash >>> 29;
    }
    return (int) (hash ^ hash >>> 32);
  }

  /** Returns by what a client names an event when it says how far it has read. */
  public static String offsetOf(Message message) {
    return message.getEventId()
        + '.'
        + Integer.toString(message.getFrom().hashCode(), Character.MAX_RADIX);
  }

  /** Returns the Message. */
  public Message message() {
    return packed == null ? outgoing.message() : StoredMessage.read(packed, CHANNEL);
  }

  /** Returns the Message as it is sent. */
  Outgoing outgoing() {
    return packed == null
        ? outgoing
        : new Outgoing(StoredMessage.read(packed, CHANNEL), packed[0] & MOST_CHANNEL);
  }

  /** Returns the span of the delivery, which ends with it. */
  MessageSpan span() {
    return packed == null ? outgoing.span() : MessageSpan.NONE;
  }

  /** Returns the bytes of the Message in its protobuf form. */
  int size() {
    return packed == null ? outgoing.size() : packed.length - CHANNEL;
  }

  /** Returns whether the Message has this eventId. */
  boolean hasEventId(String eventId) {
    return packed == null
        ? outgoing.message().getEventId().equals(eventId)
        : StoredMessage.hasEventId(packed, CHANNEL, eventId);
  }

  /** Charges what it holds. */
  void hold(MemoryAccount memory) {
    outgoing.hold(memory);
  }

  /** Gives back what it holds. */
  void release(MemoryAccount memory) {
    if (packed == null) {
      outgoing.release(memory);
    } else {
      memory.release(MemoryUse.OUTBOX, ARRAY + packed.length);
    }
  }

  /**
   * Packs the Message, unless others hold the same one or its delivery is traced.
   *
   * @param memory was charged for it
   */
  void pack(MemoryAccount memory) {
    if (outgoing.isShared()
        || outgoing.span() != MessageSpan.NONE
        || outgoing.channel() > MOST_CHANNEL) {
      return;
    }
    outgoing.release(memory);
    packed = StoredMessage.write(outgoing.message(), outgoing.size(), CHANNEL);
    packed[0] = (byte) outgoing.channel();
    outgoing = null;
    memory.charge(MemoryUse.OUTBOX, ARRAY + packed.length);
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
    Outgoing outgoing = outgoing();
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

  String offset() {
    return offsetOf(message());
  }
}
