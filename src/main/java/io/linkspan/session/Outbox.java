package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What one client has been sent and has not acknowledged, in order; while the client is away, what
 * waits for it. Used only on the event loop of its shard; times are arguments.
 *
 * <p>Where writing is enough ({@link Mode#WRITES}) nothing is kept of what was written. Unless the
 * client can say later how far it got ({@link Mode#OFFSETS}): then what was written stays until the
 * link shows that the client has read on, or until the room is needed, oldest first.
 */
final class Outbox {

  /** Hears what goes in and out, to keep a copy. */
  interface Listener {

    void added(PendingDelivery delivery);

    void removed(PendingDelivery delivery);

    void anchored(String offset);
  }

  /** When a Message has got to the client. */
  enum Mode {
    /** When its application acknowledges. */
    ACKNOWLEDGEMENTS,
    /** When it is written to the link. */
    WRITES,
    /** The same, but a client that comes back names the last event it has. */
    OFFSETS;

    static Mode of(Attachment attachment) {
      if (attachment.clientAcknowledges()) {
        return ACKNOWLEDGEMENTS;
      }
      return attachment.offsets() ? OFFSETS : WRITES;
    }
  }

  private final SessionConfig config;
  private final int maxAttempts;
  private final AckTimeouts timeouts;
  private final SessionMetrics metrics;
  private final Listener listener;
  private final Map<String, PendingDelivery> byEventId = new HashMap<>(4);
  private Mode mode;

  /** Null while the client is away. */
  private Connection link;

  /** Whether the client may come back to what it could not be given. */
  private final boolean keeps;

  private PendingDelivery oldest;
  private PendingDelivery newest;
  private int count;
  private int written;
  private long bytes;
  private String anchor = "";

  /**
   * @param timeouts the shard's, which calls {@link #due}
   * @param link null when the client is away
   * @param keeps whether what a closing link does not take waits for the next one
   * @param listener null when nobody wants to hear
   */
  Outbox(
      SessionConfig config,
      int maxAttempts,
      AckTimeouts timeouts,
      Connection link,
      Mode mode,
      boolean keeps,
      Listener listener,
      SessionMetrics metrics) {
    this.config = config;
    this.maxAttempts = maxAttempts;
    this.timeouts = timeouts;
    this.link = link;
    this.mode = mode;
    this.keeps = keeps;
    this.listener = listener;
    this.metrics = metrics;
  }

  /**
   * Sends a Message to the client, or keeps it for when it comes back.
   *
   * @param settlement told how it ends; null when nobody asks
   * @return false when it did not fit, or the client has left; the settlement is told as well
   */
  boolean offer(Outgoing outgoing, DeliveryCallback settlement, long now) {
    if (isTooLong(outgoing.message())) {
      return refuse(tooLarge(), settlement);
    }
    // A call is answered by an app that acknowledges nothing, too.
    boolean kept = mode != Mode.WRITES || outgoing.expectsAnswer();
    if (link != null && (!kept || outgoing.isVolatile())) {
      if (link.deliver(outgoing)) {
        settle(settlement, By.TRANSPORT, null);
        return true;
      }
      if (!keeps || outgoing.isVolatile()) {
        return refuse(
            new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient is leaving"),
            settlement);
      }
    } else if (outgoing.isVolatile()) {
      return refuse(
          new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient is away"), settlement);
    }
    var delivery = new PendingDelivery(this, outgoing, settlement);
    if (!makeRoomFor(delivery.size)) {
      return refuse(full(), settlement);
    }
    append(delivery);
    if (link != null && kept) {
      send(delivery, now);
    }
    return true;
  }

  /**
   * The client acknowledged; an unknown eventId is ignored. Of several deliveries with the same
   * eventId the oldest is meant.
   *
   * @param reply what came with the acknowledgement, or null
   */
  void acknowledged(String eventId, Message reply) {
    PendingDelivery delivery = byEventId.get(eventId);
    if (delivery != null) {
      remove(delivery);
      settle(delivery.settlement, By.CLIENT, reply);
    }
  }

  /** Whether a Message with this eventId, from this sender, waits to be acknowledged. */
  PendingDelivery find(Message message) {
    PendingDelivery delivery = byEventId.get(message.getEventId());
    while (delivery != null && !delivery.outgoing.message().getFrom().equals(message.getFrom())) {
      delivery = delivery.sameId;
    }
    return delivery;
  }

  /** Whether somebody waits for the end of the delivery that an acknowledgement would settle. */
  boolean isAwaited(String eventId) {
    PendingDelivery delivery = byEventId.get(eventId);
    return delivery != null && delivery.settlement != null;
  }

  /** The client did not acknowledge in time: once more, or not at all. */
  void due(PendingDelivery delivery, long now) {
    if (delivery.attempts < maxAttempts) {
      metrics.redelivered.increment();
      send(delivery, now);
      return;
    }
    remove(delivery);
    refuse(
        new MessageException(
            ErrorCode.TIMEOUT, "the recipient did not acknowledge " + maxAttempts + " times"),
        delivery.settlement);
  }

  /** The link is gone: whatever is here waits, and no attempt is counted. */
  void detach() {
    link = null;
    for (PendingDelivery delivery = oldest; delivery != null; delivery = delivery.next) {
      timeouts.remove(delivery);
    }
  }

  /** The client is back: it is sent everything that is here, in order. */
  void attach(Connection link, Mode mode, long now) {
    this.link = link;
    this.mode = mode;
    // What follows can end in a close of the link, hence in a detach.
    for (PendingDelivery next = oldest; next != null && this.link == link; ) {
      PendingDelivery delivery = next;
      next = delivery.next;
      delivery.attempts = 0;
      unmark(delivery);
      if (isTooLong(delivery.outgoing.message())) {
        // It fitted the client's last link, and does not fit this one.
        remove(delivery);
        refuse(tooLarge(), delivery.settlement);
      } else {
        send(delivery, now);
      }
    }
  }

  /**
   * The client says how far it got.
   *
   * @param offset of the last event it has
   * @return false when it is not known what came after that; then nothing has changed
   */
  boolean seen(String offset) {
    if (offset.equals(anchor)) {
      return true;
    }
    PendingDelivery last = oldest;
    while (last != null && !(last.written && last.offset().equals(offset))) {
      last = last.next;
    }
    if (last == null) {
      return false;
    }
    for (PendingDelivery delivery = oldest, end = last.next; delivery != end; ) {
      PendingDelivery next = delivery.next;
      if (delivery.written) {
        remove(delivery);
      }
      delivery = next;
    }
    moveAnchor(offset);
    return true;
  }

  /** The client has read all that was written until then. */
  void readUntil(long time) {
    while (oldest != null && oldest.written && oldest.dueAt <= time) {
      forgetOldestWritten(oldest);
    }
  }

  /** Offset of the last event that the client is known to have; empty when none is. */
  String anchor() {
    return anchor;
  }

  void anchor(String offset) {
    anchor = offset;
  }

  /** The session ends: everything that is not acknowledged has failed. */
  void end(MessageException reason) {
    drainTo(
        delivery -> {
          if (delivery.settlement != null) {
            delivery.settlement.failed(reason);
          }
        });
  }

  /** Takes everything out, in order. */
  void drainTo(Consumer<PendingDelivery> taker) {
    while (oldest != null) {
      PendingDelivery delivery = oldest;
      remove(delivery);
      taker.accept(delivery);
    }
  }

  /** Puts in what another outbox had, whatever the limits; {@link #attach} sends it. */
  void restore(Outgoing outgoing, DeliveryCallback settlement, boolean wasWritten) {
    var delivery = new PendingDelivery(this, outgoing, settlement);
    append(delivery);
    if (wasWritten) {
      mark(delivery, 0);
    }
  }

  /** Why a Message would be refused, if it were offered now; null when it would not. */
  MessageException refusalOf(Message message) {
    if (isTooLong(message)) {
      return tooLarge();
    }
    return hasRoomFor(message.getSerializedSize()) ? null : full();
  }

  /** Messages that the client has not got, as far as its {@link Mode} can tell. */
  int size() {
    return count - written;
  }

  /** For every Message that is here, in order, also those that were written. */
  void forEach(Consumer<PendingDelivery> visitor) {
    for (PendingDelivery delivery = oldest; delivery != null; delivery = delivery.next) {
      visitor.accept(delivery);
    }
  }

  private boolean makeRoomFor(int size) {
    while (!fits(size) && written > 0) {
      PendingDelivery delivery = oldest;
      while (!delivery.written) {
        delivery = delivery.next;
      }
      forgetOldestWritten(delivery);
    }
    return fits(size);
  }

  private boolean fits(int size) {
    return count < config.maxPending() && bytes + size <= config.maxPendingBytes();
  }

  private void forgetOldestWritten(PendingDelivery delivery) {
    remove(delivery);
    moveAnchor(delivery.offset());
  }

  private boolean isTooLong(Message message) {
    return link != null && message.getSerializedSize() > link.longestMessage();
  }

  private boolean hasRoomFor(int size) {
    return (mode == Mode.WRITES && link != null)
        || (count - written < config.maxPending()
            && (written > 0 || bytes + size <= config.maxPendingBytes()));
  }

  private MessageException tooLarge() {
    return new MessageException(
        ErrorCode.TOO_LARGE,
        "the recipient can be sent no more than " + link.longestMessage() + " bytes at once");
  }

  private MessageException full() {
    return new MessageException(
        ErrorCode.QUEUE_FULL,
        "the recipient has " + count + " messages that it did not acknowledge");
  }

  private static boolean refuse(MessageException why, DeliveryCallback settlement) {
    if (settlement != null) {
      settlement.failed(why);
    }
    return false;
  }

  private void send(PendingDelivery delivery, long now) {
    switch (delivery.outgoing.expectsAnswer() ? Mode.ACKNOWLEDGEMENTS : mode) {
      case ACKNOWLEDGEMENTS -> {
        delivery.attempts++;
        timeouts.add(delivery, now);
        link.deliver(delivery.outgoing);
      }
      case OFFSETS -> {
        if (link.deliver(delivery.outgoing)) {
          mark(delivery, now);
          DeliveryCallback settlement = delivery.settlement;
          delivery.settlement = null;
          settle(settlement, By.TRANSPORT, null);
        }
      }
      case WRITES -> {
        if (link.deliver(delivery.outgoing)) {
          remove(delivery);
          settle(delivery.settlement, By.TRANSPORT, null);
        }
      }
    }
  }

  private void mark(PendingDelivery delivery, long now) {
    delivery.written = true;
    delivery.dueAt = now;
    written++;
    metrics.pending.decrement();
  }

  private void unmark(PendingDelivery delivery) {
    if (delivery.written) {
      delivery.written = false;
      written--;
      metrics.pending.increment();
    }
  }

  private static void settle(DeliveryCallback settlement, By by, Message reply) {
    if (settlement != null) {
      settlement.delivered(by, reply);
    }
  }

  private void moveAnchor(String offset) {
    anchor = offset;
    if (listener != null) {
      listener.anchored(offset);
    }
  }

  private void append(PendingDelivery delivery) {
    if (listener != null) {
      listener.added(delivery);
    }
    count++;
    bytes += delivery.size;
    metrics.pending.increment();
    metrics.pendingBytes.add(delivery.size);
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

  private void remove(PendingDelivery delivery) {
    if (listener != null) {
      listener.removed(delivery);
    }
    timeouts.remove(delivery);
    unmark(delivery);
    count--;
    bytes -= delivery.size;
    metrics.pending.decrement();
    metrics.pendingBytes.add(-delivery.size);
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
    forgetId(delivery);
  }

  private void forgetId(PendingDelivery delivery) {
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
