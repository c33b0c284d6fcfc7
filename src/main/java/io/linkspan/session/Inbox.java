package io.linkspan.session;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.TokenBucket;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.routing.Recipient;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * What a session's client has sent that has not ended: checked against the limits, handed to the
 * dispatcher as far as there may be more in flight, and held in its order as far as not. Used only
 * on the event loop of the session's shard.
 */
final class Inbox {

  /** Bounds eventId, to, type, replyTo and group names, all in characters. */
  static final int MAX_NAME = 256;

  private record Waiting(Message message, Receipt receipt) {}

  private final Session session;
  private final Shard shard;
  private final DuplicateWindow duplicates;

  /** Null where there is no such limit. */
  private final TokenBucket messageRate;

  private final TokenBucket byteRate;

  /** Null until something has to wait. */
  private Queue<Waiting> waiting;

  private long waitingBytes;
  private int inFlight;
  private boolean taking;

  /** Messages of the client that have not ended, the newest of them. */
  private InboundRequest open;

  /** Asked for when the session has moved; done when services have ended all they were given. */
  private Promise<Void> servicesDone;

  /**
   * @param duplicates of the session's user
   */
  Inbox(Session session, Shard shard, DuplicateWindow duplicates) {
    this.session = session;
    this.shard = shard;
    this.duplicates = duplicates;
    LimitsConfig limits = shard.limits();
    long now = DeadlineTimer.now();
    messageRate = limits.messageRate() == 0 ? null : new TokenBucket(limits.messageRate(), now);
    byteRate = limits.byteRate() == 0 ? null : new TokenBucket(limits.byteRate(), now);
  }

  /**
   * The client sent a Message.
   *
   * @param now whether it may go on at once
   */
  void receive(Message message, Receipt receipt, boolean now) {
    MessageException refusal = refusal(message);
    if (refusal != null) {
      receipt.refused(message.getEventId(), refusal);
    } else if (session.answers(message)) {
      // Like an acknowledgement it is read on: what waits may wait for it.
      take(message, receipt);
    } else if (!now || session.leaving() || inFlight >= shard.limits().inFlight() || hasWaiting()) {
      hold(message, receipt);
    } else {
      take(message, receipt);
    }
  }

  /** Whether nothing is in flight. */
  boolean isIdle() {
    return inFlight == 0;
  }

  /** A Message has ended; there may be room for the next one. */
  void ended(InboundRequest handover, DuplicateWindow.Ending ending) {
    unlink(handover);
    DuplicateWindow.Entry entry = handover.entry();
    if (entry != null) {
      duplicates.end(entry, ending);
      if (session.moved() && !shard.sharesNodeWith(session.movedTo())) {
        shard.relocation().tellEnding(session.movedTo(), session.user(), duplicates, entry);
      }
    }
    inFlight--;
    shard.metrics().inFlight.decrement();
    takeWaiting();
  }

  /** What waits goes on, as far as there is room. */
  void takeWaiting() {
    // An ending inside of take() leads back here; the outer loop goes on then.
    if (taking
        || session.leaving()
        || !hasWaiting()
        || !shard.standing().isCertain(DeadlineTimer.now())) {
      return;
    }
    taking = true;
    while (hasWaiting() && inFlight < shard.limits().inFlight()) {
      Waiting next = waiting.remove();
      waitingBytes -= next.message().getSerializedSize();
      shard.metrics().waiting.decrement();
      take(next.message(), next.receipt());
    }
    taking = false;
  }

  /** What waits is not taken: the client sends it again elsewhere. */
  void dropWaiting() {
    if (waiting != null) {
      shard.metrics().waiting.add(-waiting.size());
      waiting = null;
      waitingBytes = 0;
    }
  }

  /**
   * The session has moved. Done when what its client sent here can not be overtaken any more by
   * what it sends from elsewhere.
   */
  Future<Void> flush() {
    Map<String, Recipient> recipients = new HashMap<>();
    boolean withService = false;
    for (InboundRequest one = open; one != null; one = one.next) {
      if (one.isWithService()) {
        withService = true;
      } else {
        Recipient recipient = Recipient.of(one.message().getTo());
        recipients.put(recipient.address(), recipient);
      }
    }
    List<Future<Void>> parts = new ArrayList<>();
    recipients.values().forEach(recipient -> parts.add(shard.courier().flush(recipient)));
    if (withService) {
      if (servicesDone == null) {
        servicesDone = Promise.promise();
      }
      parts.add(servicesDone.future());
    }
    return parts.isEmpty() ? Future.succeededFuture() : Future.join(parts).mapEmpty();
  }

  private MessageException refusal(Message message) {
    MessageException tooLong = nameRefusal(message);
    if (tooLong != null) {
      return tooLong;
    }
    if (messageRate == null && byteRate == null) {
      return null;
    }
    long now = DeadlineTimer.now();
    long wait = messageRate == null ? 0 : messageRate.take(1, now);
    if (wait == 0 && byteRate != null) {
      wait = byteRate.take(message.getSerializedSize(), now);
    }
    return wait == 0
        ? null
        : new MessageException(ErrorCode.RATE_LIMITED, "more messages than allowed", wait);
  }

  private static MessageException nameRefusal(Message message) {
    String field =
        message.getEventId().length() > MAX_NAME
            ? "eventId"
            : message.getTo().length() > MAX_NAME
                ? "to"
                : message.getType().length() > MAX_NAME
                    ? "type"
                    : message.getReplyTo().length() > MAX_NAME ? "replyTo" : null;
    return field == null
        ? null
        : new MessageException(
            ErrorCode.MALFORMED, field + " is longer than " + MAX_NAME + " characters");
  }

  private boolean hasWaiting() {
    return waiting != null && !waiting.isEmpty();
  }

  private void hold(Message message, Receipt receipt) {
    LimitsConfig limits = shard.limits();
    int size = message.getSerializedSize();
    if (waiting == null) {
      waiting = new ArrayDeque<>();
    }
    if (waiting.size() >= limits.waiting() || waitingBytes + size > limits.waitingBytes()) {
      receipt.refused(
          message.getEventId(),
          new MessageException(
              ErrorCode.QUEUE_FULL, waiting.size() + " messages wait for earlier ones to end"));
      return;
    }
    waiting.add(new Waiting(message, receipt));
    waitingBytes += size;
    shard.metrics().waiting.increment();
  }

  private void take(Message message, Receipt receipt) {
    DuplicateWindow.Entry entry = null;
    // What concerns this session alone may be repeated, and the window is the user's: another of
    // its sessions may well count its joins from one, too.
    if (!message.getEventId().isEmpty()
        && shard.delivery().maxDuplicates() > 0
        && !Groups.concerns(message)) {
      String eventId = message.getEventId();
      entry =
          duplicates.admit(
              eventId, DeadlineTimer.now(), ending -> answerAgain(eventId, receipt, ending));
      if (entry == null) {
        shard.metrics().duplicates.increment();
        return;
      }
    }
    inFlight++;
    shard.metrics().inFlight.increment();
    var handover = new InboundRequest(session, receipt, stamp(message), entry);
    link(handover);
    shard.dispatcher().dispatch(handover);
  }

  private void link(InboundRequest handover) {
    handover.next = open;
    if (open != null) {
      open.previous = handover;
    }
    open = handover;
  }

  private void unlink(InboundRequest handover) {
    if (handover.next != null) {
      handover.next.previous = handover.previous;
    }
    if (handover.previous == null) {
      open = handover.next;
    } else {
      handover.previous.next = handover.next;
    }
    if (servicesDone != null && handover.isWithService() && !anyWithService()) {
      servicesDone.tryComplete();
    }
  }

  private boolean anyWithService() {
    for (InboundRequest one = open; one != null; one = one.next) {
      if (one.isWithService()) {
        return true;
      }
    }
    return false;
  }

  private Message stamp(Message message) {
    if (message.getFrom().equals(session.user())
        && !message.getEventId().isEmpty()
        && !message.getCreateAt().isEmpty()) {
      return message;
    }
    return shard.stamp().on(Draft.of(message).setFrom(session.user())).build();
  }

  /** May come from the loop of another session of the same user. */
  private void answerAgain(String eventId, Receipt receipt, DuplicateWindow.Ending ending) {
    shard.run(
        () -> {
          if (ending.refusal() == null) {
            receipt.accepted(eventId);
          } else {
            receipt.refused(eventId, ending.refusal());
          }
        });
  }
}
