package io.linkspan.session.outbox;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryCallbacks;
import io.micrometer.core.instrument.Counter;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Holds what one client was sent and has not acknowledged, in order; while the client is away, also
 * what waits for it. Used only on the event loop of its shard; times are arguments.
 *
 * <p>Where writing is enough ({@link Mode#WRITES}), written Messages are not kept. Where the client
 * can say later how far it has read ({@link Mode#OFFSETS}), they stay until the link shows that the
 * client has read on, or until the room is needed, oldest first.
 */
public final class Outbox implements PendingDelivery.Owner {

  /** Listener for changes, to keep a replica. */
  public interface Listener {

    /** A delivery was added. */
    void added(PendingDelivery delivery);

    /** A delivery has ended. */
    void removed(PendingDelivery delivery);

    /** The client has read up to this offset. */
    void anchored(String offset);
  }

  /**
   * Bounds of one outbox.
   *
   * @param maxPending Messages
   * @param maxPendingBytes the same in bytes
   * @param maxAttempts times that a Message is sent before it fails
   */
  public record Limits(int maxPending, long maxPendingBytes, int maxAttempts) {}

  /**
   * Counters that all outboxes of a node share.
   *
   * @param pending Messages that are not acknowledged
   * @param pendingBytes the same in bytes
   * @param redelivered Messages that were sent again
   */
  public record Metrics(LongAdder pending, LongAdder pendingBytes, Counter redelivered) {}

  /** Condition for the delivery of a Message. */
  public enum Mode {
    /** The acknowledgement of the client's application. */
    ACKNOWLEDGEMENTS,
    /** That it was written to the link. */
    WRITES,
    /** That it was written; a client that resumes names the last event that it has. */
    OFFSETS
  }

  private final Limits limits;
  private final AckTimeouts timeouts;
  private final Metrics metrics;
  private final Listener listener;
  private final DeliveryQueue queue = new DeliveryQueue();
  private Mode mode;

  /** Null while the client is away. */
  private Connection link;

  /** Whether the session outlives its link, so that undelivered Messages wait for the next one. */
  private final boolean keeps;

  private int written;
  private long lastNumber;
  private String anchor = "";

  /**
   * Creates an empty outbox.
   *
   * @param timeouts the shard's
   * @param link null when the client is away
   * @param keeps whether what a closing link does not take waits for the next one
   * @param listener null when there is no replica
   */
  public Outbox(
      Limits limits,
      AckTimeouts timeouts,
      Connection link,
      Mode mode,
      boolean keeps,
      Listener listener,
      Metrics metrics) {
    this.limits = limits;
    this.timeouts = timeouts;
    this.link = link;
    this.mode = mode;
    this.keeps = keeps;
    this.listener = listener;
    this.metrics = metrics;
  }

  /**
   * Sends a Message to the client, or keeps it until the client resumes.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @return false when it did not fit or the client is leaving; the callback has failed then
   */
  public boolean offer(Outgoing outgoing, DeliveryCallback callback, long now) {
    if (isTooLong(outgoing.message())) {
      return refuse(tooLarge(), callback);
    }
    // A call is answered also by an app that acknowledges nothing.
    boolean kept = mode != Mode.WRITES || outgoing.expectsAnswer();
    if (link != null && (!kept || outgoing.isVolatile())) {
      if (link.deliver(outgoing)) {
        confirm(callback, By.TRANSPORT, null);
        return true;
      }
      if (!keeps || outgoing.isVolatile()) {
        return refuse(
            new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient is leaving"),
            callback);
      }
    } else if (outgoing.isVolatile()) {
      return refuse(
          new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient is away"), callback);
    }
    var delivery = new PendingDelivery(this, ++lastNumber, outgoing, callback);
    if (!makeRoomFor(delivery.size)) {
      return refuse(full(), callback);
    }
    append(delivery);
    if (listener != null) {
      listener.added(delivery);
    }
    if (link != null && kept) {
      send(delivery, now);
    }
    return true;
  }

  /**
   * Ends a delivery that the client has acknowledged; an unknown eventId is ignored. Of several
   * deliveries with the same eventId the oldest ends.
   *
   * @param reply what came with the acknowledgement, or null
   */
  public void acknowledged(String eventId, Message reply) {
    PendingDelivery delivery = queue.find(eventId);
    if (delivery != null) {
      remove(delivery);
      confirm(delivery.callback, By.CLIENT, reply);
    }
  }

  /** Returns the delivery of a Message with this eventId and sender; null when there is none. */
  private PendingDelivery find(Message message) {
    PendingDelivery delivery = queue.find(message.getEventId());
    while (delivery != null && !delivery.outgoing.message().getFrom().equals(message.getFrom())) {
      delivery = delivery.sameId;
    }
    return delivery;
  }

  /**
   * Adds a second callback to a delivery that is pending already.
   *
   * @return false when the Message is not pending: it was delivered
   */
  public boolean join(Message message, DeliveryCallback callback) {
    PendingDelivery first = find(message);
    if (first == null || first.written) {
      return false;
    }
    if (callback != null) {
      first.callback =
          first.callback == null ? callback : DeliveryCallbacks.both(first.callback, callback);
    }
    return true;
  }

  /** Returns whether an outcome is wanted of the delivery that this eventId would acknowledge. */
  public boolean isAwaited(String eventId) {
    PendingDelivery delivery = queue.find(eventId);
    return delivery != null && delivery.callback != null;
  }

  /** Sends a delivery again that was not acknowledged in time, or fails it. */
  @Override
  public void due(PendingDelivery delivery, long now) {
    if (delivery.attempts < limits.maxAttempts()) {
      metrics.redelivered.increment();
      send(delivery, now);
      return;
    }
    remove(delivery);
    refuse(
        new MessageException(
            ErrorCode.TIMEOUT,
            "the recipient did not acknowledge " + limits.maxAttempts() + " times"),
        delivery.callback);
  }

  /** The link has ended: everything waits, and no attempts are counted. */
  public void detach() {
    link = null;
    for (PendingDelivery delivery = queue.oldest(); delivery != null; delivery = delivery.next) {
      timeouts.remove(delivery);
    }
  }

  /** The client has resumed: sends everything, in order. */
  public void attach(Connection link, Mode mode, long now) {
    this.link = link;
    this.mode = mode;
    // What follows can end in a close of the link, hence in a detach.
    for (PendingDelivery next = queue.oldest(); next != null && this.link == link; ) {
      PendingDelivery delivery = next;
      next = delivery.next;
      delivery.attempts = 0;
      unmark(delivery);
      if (isTooLong(delivery.outgoing.message())) {
        // It fitted the last link of the client and does not fit this one.
        remove(delivery);
        refuse(tooLarge(), delivery.callback);
      } else {
        send(delivery, now);
      }
    }
  }

  /**
   * Removes what the client says it has read.
   *
   * @param offset of the last event that it has
   * @return false when it is not known what came after that; then nothing has changed
   */
  public boolean seen(String offset) {
    if (offset.equals(anchor)) {
      return true;
    }
    PendingDelivery last = queue.oldest();
    while (last != null && !(last.written && last.offset().equals(offset))) {
      last = last.next;
    }
    if (last == null) {
      return false;
    }
    for (PendingDelivery delivery = queue.oldest(), end = last.next; delivery != end; ) {
      PendingDelivery next = delivery.next;
      if (delivery.written) {
        remove(delivery);
      }
      delivery = next;
    }
    moveAnchor(offset);
    return true;
  }

  /** Removes what was written until then: the client has read it. */
  public void readUntil(long time) {
    while (queue.oldest() != null && queue.oldest().written && queue.oldest().dueAt <= time) {
      forgetOldestWritten(queue.oldest());
    }
  }

  /** Returns the offset of the last event that the client is known to have, or an empty text. */
  public String anchor() {
    return anchor;
  }

  /** Sets the offset that {@link #anchor()} returns. */
  public void anchor(String offset) {
    anchor = offset;
  }

  /** Fails everything that is not acknowledged: the session ends. */
  public void end(MessageException reason) {
    while (queue.oldest() != null) {
      PendingDelivery delivery = queue.oldest();
      remove(delivery);
      if (delivery.callback != null) {
        delivery.callback.failed(reason);
      }
    }
  }

  /** Removes everything; no callback is called. */
  public void clear() {
    while (queue.oldest() != null) {
      remove(queue.oldest());
    }
  }

  /** Adds what another outbox had, regardless of limits; {@link #attach} sends it. */
  public void restore(Outgoing outgoing, DeliveryCallback callback, boolean wasWritten) {
    var delivery = new PendingDelivery(this, ++lastNumber, outgoing, callback);
    append(delivery);
    if (wasWritten) {
      mark(delivery, 0);
    }
  }

  /** Returns the error that {@link #offer} would give now; null when it would not fail. */
  public MessageException refusalOf(Message message) {
    if (isTooLong(message)) {
      return tooLarge();
    }
    return hasRoomFor(message.getSerializedSize()) ? null : full();
  }

  /** Returns the number of Messages that are not delivered, as {@link Mode} defines it. */
  public int size() {
    return queue.count() - written;
  }

  /** Visits every delivery in order, also those that were written. */
  public void forEach(Consumer<PendingDelivery> visitor) {
    for (PendingDelivery delivery = queue.oldest(); delivery != null; delivery = delivery.next) {
      visitor.accept(delivery);
    }
  }

  private boolean makeRoomFor(int size) {
    while (!fits(size) && written > 0) {
      PendingDelivery delivery = queue.oldest();
      while (!delivery.written) {
        delivery = delivery.next;
      }
      forgetOldestWritten(delivery);
    }
    return fits(size);
  }

  private boolean fits(int size) {
    return queue.count() < limits.maxPending() && queue.bytes() + size <= limits.maxPendingBytes();
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
        || (queue.count() - written < limits.maxPending()
            && (written > 0 || queue.bytes() + size <= limits.maxPendingBytes()));
  }

  private MessageException tooLarge() {
    return new MessageException(
        ErrorCode.TOO_LARGE,
        "the recipient can be sent no more than " + link.longestMessage() + " bytes at once");
  }

  private MessageException full() {
    return new MessageException(
        ErrorCode.QUEUE_FULL,
        "the recipient has " + queue.count() + " messages that it did not acknowledge");
  }

  private static boolean refuse(MessageException why, DeliveryCallback callback) {
    if (callback != null) {
      callback.failed(why);
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
          DeliveryCallback callback = delivery.callback;
          delivery.callback = null;
          confirm(callback, By.TRANSPORT, null);
        }
      }
      case WRITES -> {
        if (link.deliver(delivery.outgoing)) {
          remove(delivery);
          confirm(delivery.callback, By.TRANSPORT, null);
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

  private static void confirm(DeliveryCallback callback, By by, Message reply) {
    if (callback != null) {
      callback.delivered(by, reply);
    }
  }

  private void moveAnchor(String offset) {
    anchor = offset;
    if (listener != null) {
      listener.anchored(offset);
    }
  }

  private void append(PendingDelivery delivery) {
    queue.add(delivery);
    metrics.pending.increment();
    metrics.pendingBytes.add(delivery.size);
  }

  private void remove(PendingDelivery delivery) {
    if (listener != null) {
      listener.removed(delivery);
    }
    timeouts.remove(delivery);
    unmark(delivery);
    queue.remove(delivery);
    metrics.pending.decrement();
    metrics.pendingBytes.add(-delivery.size);
  }
}
