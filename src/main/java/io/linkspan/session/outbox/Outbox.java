package io.linkspan.session.outbox;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryCallbacks;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MessageCost;
import io.linkspan.wire.Pending;
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

  /** Condition for the delivery of a Message. */
  public enum Mode {
    /** The acknowledgement of the client's application. */
    ACKNOWLEDGEMENTS,
    /** That it was written to the link. */
    WRITES,
    /** That it was written; a client that resumes names the last event that it has. */
    OFFSETS
  }

  private final OutboxParts shared;
  private final String session;
  private final OutboxListener listener;
  private final DeliveryQueue queue;
  private Mode mode;

  /** Null while the client is away. */
  private Connection link;

  /** Whether the session outlives its link, so that undelivered Messages wait for the next one. */
  private final boolean keeps;

  /** The first delivery that waits for those before it; null when all are sent. */
  private PendingDelivery unsent;

  /** Runs when a Message was acknowledged or abandoned. */
  private Runnable whenLess = () -> {};

  private long lastNumber;
  private String anchor = "";

  /**
   * Creates an empty outbox.
   *
   * @param session public id of the client's session
   * @param link null when the client is away
   * @param keeps whether what a closing link does not take waits for the next one
   * @param listener null when there is no replica
   */
  public Outbox(
      OutboxParts shared,
      String session,
      Connection link,
      Mode mode,
      boolean keeps,
      OutboxListener listener) {
    this.shared = shared;
    this.session = session;
    this.link = link;
    this.mode = mode;
    this.keeps = keeps;
    this.listener = listener;
    queue = new DeliveryQueue(shared.metrics(), shared.memory());
  }

  /**
   * Sends a Message to the client, or keeps it until the client resumes.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @return false when it did not fit or the client is leaving; the callback has failed then
   */
  public boolean offer(Outgoing outgoing, DeliveryCallback callback, long now) {
    if (isTooLong(outgoing.size())) {
      return refuse(outgoing, Refusals.tooLarge(link.longestMessage()), callback);
    }
    if (shared.drops(outgoing)) {
      return refuse(outgoing, MessageCost.full(), callback);
    }
    // A call is answered also by an app that acknowledges nothing.
    boolean kept = mode != Mode.WRITES || outgoing.expectsAnswer();
    boolean atOnce = outgoing.isVolatile() || (!kept && unsent == null);
    if (link != null && atOnce) {
      if (write(outgoing, 1)) {
        OutboxParts.taken(outgoing, callback);
        return true;
      }
      if (!keeps || outgoing.isVolatile()) {
        return refuse(outgoing, Refusals.leaving(), callback);
      }
    } else if (outgoing.isVolatile()) {
      return refuse(outgoing, Refusals.away(), callback);
    }
    var delivery = shared.delivery(this, ++lastNumber, outgoing, callback, link == null);
    if (!makeRoomFor(outgoing.size())) {
      return refuse(outgoing, Refusals.full(queue.count()), callback);
    }
    if (listener != null) {
      listener.added(delivery);
    }
    queue.add(delivery);
    if (link != null && kept && unsent == null) {
      send(delivery, outgoing, now);
    } else {
      shared.held(outgoing, session);
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
      shared.acknowledged(delivery, session);
      DeliveryCallbacks.confirm(delivery.callback, By.CLIENT, reply);
      if (unsent != null) {
        sendWaiting(shared.timeouts().now());
      }
      whenLess.run();
    }
  }

  /**
   * Adds a second callback to a delivery that is pending or was abandoned.
   *
   * @return false for any other Message: it was delivered
   */
  public boolean join(Message message, DeliveryCallback callback) {
    PendingDelivery first = queue.find(message);
    if (first == null) {
      boolean abandoned = queue.wasAbandoned(message);
      if (abandoned) {
        DeliveryCallbacks.fail(callback, shared.abandoned());
      }
      return abandoned;
    }
    // Before the client has resumed, it is only known that it may have been written.
    if (first.written && link != null) {
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
    if (delivery.attempts < shared.limits().maxAttempts()) {
      shared.metrics().redelivered().increment();
      send(delivery, delivery.outgoing(), now);
      return;
    }
    abandon(delivery);
    sendWaiting(now);
    whenLess.run();
  }

  /**
   * The link has ended: everything waits. Clients process Messages in order, so the oldest one that
   * was not acknowledged may be what ended the link, and only its attempt counts.
   *
   * @param clientFailed false when the gateway ended the link, for which no Message can be the
   *     reason
   */
  public void detach(boolean clientFailed) {
    link = null;
    unsent = null;
    PendingDelivery suspect = null;
    for (PendingDelivery delivery = queue.oldest(); delivery != null; delivery = delivery.next) {
      delivery.waited = true;
      if (!delivery.timed) {
        continue;
      }
      shared.timeouts().remove(delivery);
      if (clientFailed && suspect == null) {
        suspect = delivery;
      } else {
        delivery.attempts--;
      }
    }
    if (suspect != null) {
      failAttempt(suspect);
    }
  }

  /** The client has resumed: sends everything, in order. */
  public void attach(Connection link, Mode mode, long now) {
    this.link = link;
    this.mode = mode;
    PendingDelivery unread = mode == Mode.OFFSETS ? queue.oldestWritten() : null;
    for (PendingDelivery delivery = queue.oldest(); delivery != null; delivery = delivery.next) {
      queue.unmark(delivery);
    }
    if (unread != null) {
      // The client has read all that was sent before it.
      unread.attempts++;
      failAttempt(unread);
    }
    unsent = queue.oldest();
    sendWaiting(now);
  }

  /**
   * Sends what waits. A Message is sent the last time when it is the oldest, and nothing is sent
   * beside it: if the link ends then, it was this one.
   */
  private void sendWaiting(long now) {
    // What follows can end in a close of the link, hence in a detach.
    while (unsent != null && link != null && !isLastAttempt(queue.oldest())) {
      PendingDelivery delivery = unsent;
      unsent = delivery.next;
      if (isTooLong(delivery.size())) {
        // It fitted the last link of the client and does not fit this one.
        remove(delivery);
        refuse(delivery.outgoing(), Refusals.tooLarge(link.longestMessage()), delivery.callback);
      } else {
        send(delivery, delivery.outgoing(), now);
      }
    }
  }

  private boolean isLastAttempt(PendingDelivery oldest) {
    return oldest.timed && oldest.attempts > 1 && oldest.attempts >= shared.limits().maxAttempts();
  }

  private void failAttempt(PendingDelivery delivery) {
    if (delivery.attempts >= shared.limits().maxAttempts()) {
      abandon(delivery);
    } else if (listener != null) {
      listener.attempted(delivery);
    }
  }

  private void abandon(PendingDelivery delivery) {
    remove(delivery);
    queue.rememberAbandoned(delivery.message());
    shared.metrics().abandoned().increment();
    refuse(delivery.outgoing(), shared.abandoned(), delivery.callback);
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
    PendingDelivery last = queue.findWritten(offset);
    if (last == null) {
      return false;
    }
    queue.writtenUntil(last).forEach(this::forget);
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
      refuse(delivery.outgoing(), reason, delivery.callback);
    }
  }

  /** Removes everything; no callback is called. */
  public void clear() {
    while (queue.oldest() != null) {
      PendingDelivery delivery = queue.oldest();
      remove(delivery);
      OutboxParts.moved(delivery.outgoing());
    }
  }

  /** Adds what another outbox had, regardless of limits; {@link #attach} sends it. */
  public void restore(Pending before, DeliveryCallback callback) {
    PendingDelivery delivery = shared.restored(this, ++lastNumber, before, callback);
    queue.add(delivery);
    if (before.getWritten()) {
      queue.mark(delivery, 0);
    }
  }

  /** Returns the error that {@link #offer} would give now; null when it would not fail. */
  public MessageException refusalOf(Outgoing outgoing) {
    if (isTooLong(outgoing.size())) {
      return Refusals.tooLarge(link.longestMessage());
    }
    if (shared.memory().isAt(MemoryLevel.FULL)) {
      return MessageCost.full();
    }
    boolean fits =
        (mode == Mode.WRITES && link != null) || shared.limits().couldFit(queue, outgoing.size());
    return fits ? null : Refusals.full(queue.count());
  }

  /** Replaces the link, if the client is linked, by another form of the same link. */
  public void relink(Connection form) {
    link = link == null ? null : form;
  }

  /** Returns the link; null while the client is away. */
  Connection link() {
    return link;
  }

  /** Sets what runs when a Message was acknowledged or abandoned. */
  void whenLess(Runnable action) {
    whenLess = action;
  }

  /** Returns the bytes that the outbox holds, as if no other one held the same Messages. */
  public long held() {
    return queue.held();
  }

  /** Returns the number of Messages that are not delivered, see {@link Mode}. */
  public int size() {
    return queue.count() - queue.written();
  }

  /** Visits every delivery in order, also those that were written. */
  public void forEach(Consumer<PendingDelivery> visitor) {
    queue.forEach(visitor);
  }

  private boolean makeRoomFor(int size) {
    while (!shared.limits().fit(queue, size) && queue.written() > 0) {
      forgetOldestWritten(queue.oldestWritten());
    }
    return shared.limits().fit(queue, size);
  }

  private void forgetOldestWritten(PendingDelivery delivery) {
    forget(delivery);
    moveAnchor(delivery.offset());
  }

  private void forget(PendingDelivery delivery) {
    remove(delivery);
    OutboxParts.taken(delivery.outgoing(), delivery.callback);
  }

  private boolean isTooLong(int size) {
    return link != null && size > link.longestMessage();
  }

  private boolean refuse(Outgoing outgoing, MessageException why, DeliveryCallback callback) {
    shared.undelivered(outgoing, why, session, callback);
    return false;
  }

  private void send(PendingDelivery delivery, Outgoing outgoing, long now) {
    switch (outgoing.expectsAnswer() ? Mode.ACKNOWLEDGEMENTS : mode) {
      case ACKNOWLEDGEMENTS -> {
        delivery.attempts++;
        shared.timeouts().add(delivery, now);
        write(outgoing, delivery.attempts);
      }
      case OFFSETS -> {
        if (write(outgoing, delivery.attempts + 1)) {
          queue.mark(delivery, now);
          DeliveryCallback callback = delivery.callback;
          delivery.callback = null;
          OutboxParts.taken(outgoing, callback);
        }
      }
      case WRITES -> {
        if (write(outgoing, delivery.attempts + 1)) {
          forget(delivery);
        }
      }
    }
  }

  private boolean write(Outgoing outgoing, int attempt) {
    shared.memory().writes(outgoing.size());
    boolean written = link.deliver(outgoing);
    if (written) {
      shared.written(outgoing, attempt, session);
    }
    return written;
  }

  private void moveAnchor(String offset) {
    anchor = offset;
    if (listener != null) {
      listener.anchored(offset);
    }
  }

  private void remove(PendingDelivery delivery) {
    if (listener != null) {
      listener.removed(delivery);
    }
    shared.timeouts().remove(delivery);
    if (delivery == unsent) {
      unsent = delivery.next;
    }
    queue.remove(delivery);
  }
}
