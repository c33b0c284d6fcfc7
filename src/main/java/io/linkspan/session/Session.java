package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.DeadlineTimer;
import io.linkspan.connection.Outgoing;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;

/**
 * A client as services know it: its user, its groups, what it sent that has not ended and what it
 * was sent and has not acknowledged. Used only on the event loop of the shard that owns it.
 */
public final class Session {

  /** Bounds eventId, to, type, replyTo and group names, all in characters. */
  static final int MAX_NAME = 256;

  private record Waiting(Message message, Receipt receipt) {}

  private final Shard shard;
  private final SessionRef ref;
  private final Connection link;
  private final Outbox outbox;
  private final UserWindow duplicates;
  private final boolean mayReturn;
  private final Terms terms;
  private final DeliveryOptions busOptions;
  private final TokenBucket messageRate;
  private final TokenBucket byteRate;
  private final long connectedAt = System.currentTimeMillis();
  private Set<String> groups = Set.of();
  private Queue<Waiting> waiting;
  private long waitingBytes;
  private int inFlight;
  private boolean taking;
  private boolean leaving;
  private boolean ended;

  Session(Shard shard, SessionRef ref, Connection link, Identity identity, boolean acknowledges) {
    this.shard = shard;
    this.ref = ref;
    this.link = link;
    mayReturn = !identity.anonymous();
    terms = new Terms(ref.session(), false);
    outbox = shard.newOutbox(link, acknowledges);
    duplicates = shard.duplicates().acquire(ref.user());
    LimitsConfig limits = shard.limits();
    long now = DeadlineTimer.now();
    messageRate = limits.messageRate() == 0 ? null : new TokenBucket(limits.messageRate(), now);
    byteRate = limits.byteRate() == 0 ? null : new TokenBucket(limits.byteRate(), now);
    busOptions =
        new DeliveryOptions()
            .setSendTimeout(shard.delivery().requestTimeout().toMillis())
            .addHeader(Addresses.SESSION, ref.session())
            .addHeader(Addresses.USER, ref.user())
            .addHeader(Addresses.TRANSPORT, link.transport())
            .addHeader(Addresses.NODE, shard.node())
            .addHeader(Addresses.REMOTE, link.remote());
  }

  /** Public id; {@code session:} and this reaches exactly this session. */
  public String id() {
    return ref.session();
  }

  public String user() {
    return ref.user();
  }

  /** The client sent a Message. It ends with exactly one call of the receipt, perhaps later. */
  public void receive(Message message, Receipt receipt) {
    MessageException refusal = refusal(message);
    if (refusal != null) {
      receipt.refused(message.getEventId(), refusal);
    } else if (answers(message)) {
      // Like an acknowledgement it is read on: what waits may wait for it.
      take(message, receipt);
    } else if (leaving || inFlight >= shard.limits().inFlight() || hasWaiting()) {
      hold(message, receipt);
    } else {
      take(message, receipt);
    }
  }

  /**
   * The client acknowledged a Message; an unknown eventId is ignored.
   *
   * @param reply what came with the acknowledgement, or null
   */
  public void acknowledged(String eventId, Message reply) {
    outbox.acknowledged(eventId, reply);
    goIfIdle();
  }

  /** Whether a Message is the answer to one that the client was sent; it is passed on then. */
  boolean answered(Message message) {
    boolean answers = answers(message);
    if (answers) {
      acknowledged(message.getReplyTo(), message);
    }
    return answers;
  }

  /** The link has ended, and with it the session. */
  public void linkClosed(CloseReason reason) {
    if (ended) {
      return;
    }
    ended = true;
    if (waiting != null) {
      shard.metrics().waiting.add(-waiting.size());
      waiting = null;
    }
    outbox.end(departed(reason.label()));
    for (String group : groups) {
      shard.left(this, group);
    }
    groups = Set.of();
    shard.duplicates().release(ref.user(), duplicates, mayReturn);
    shard.closed(this, reason);
  }

  SessionRef ref() {
    return ref;
  }

  Connection link() {
    return link;
  }

  DeliveryOptions busOptions() {
    return busOptions;
  }

  /** On which Messages of this client are delivered: a group does not hear from it what it said. */
  Terms terms() {
    return terms;
  }

  Set<String> groups() {
    return Collections.unmodifiableSet(groups);
  }

  /** Whether it was not a member yet; it is one now. */
  boolean join(String group) {
    if (groups.isEmpty()) {
      groups = new LinkedHashSet<>(4);
    }
    return groups.add(group);
  }

  /** Whether it was a member; it is none now. */
  boolean leave(String group) {
    return !groups.isEmpty() && groups.remove(group);
  }

  /** Sends a Message to the client on a channel of its link; nobody asks what becomes of it. */
  void send(Message message, int channel) {
    deliver(new Outgoing(message, channel), null);
  }

  /**
   * Sends a Message to the client.
   *
   * @param settlement told how it ends; null when nobody asks
   * @return whether it is in the client's hands now, or in the outbox
   */
  boolean deliver(Outgoing outgoing, Settlement settlement) {
    if (ended) {
      if (settlement != null) {
        settlement.failed(departed("it is gone"));
      }
      return false;
    }
    boolean fits = outbox.offer(outgoing, settlement, DeadlineTimer.now());
    shard.armTimeouts();
    return fits;
  }

  /** Whether the session has ended. */
  boolean ended() {
    return ended;
  }

  /** Why a Message can not be sent to the client; null when it can. */
  MessageException refusalOf(Message message) {
    return outbox.hasRoomFor(message.getSerializedSize())
        ? null
        : new MessageException(
            ErrorCode.QUEUE_FULL,
            "the answer has no room: " + outbox.size() + " messages are not acknowledged");
  }

  /** A service's answer with what it left out filled in. */
  Message complete(Message answer, Message request) {
    boolean hasReplyTo = !answer.getReplyTo().isEmpty();
    if (hasReplyTo && !answer.getEventId().isEmpty() && !answer.getCreateAt().isEmpty()) {
      return answer;
    }
    Message.Builder complete = answer.toBuilder();
    if (!hasReplyTo) {
      complete.setReplyTo(request.getEventId());
    }
    return shard.stamp(complete).build();
  }

  /** A Message of this client has ended; there may be room for the next one. */
  void ended(UserWindow.Entry entry, UserWindow.Ending ending) {
    if (entry != null) {
      duplicates.end(entry, ending);
    }
    inFlight--;
    shard.metrics().inFlight.decrement();
    takeWaiting();
    goIfIdle();
  }

  /** Whether {@link #goAway} was called. */
  boolean leaving() {
    return leaving;
  }

  /** Takes no further Messages and closes the link once nothing is in hand. */
  void goAway() {
    leaving = true;
    goIfIdle();
  }

  /** As the management API shows it. */
  JsonObject toJson() {
    long idle = DeadlineTimer.now() - link.lastReceived();
    return new JsonObject()
        .put("session", id())
        .put("user", user())
        .put("transport", link.transport())
        .put("node", shard.node())
        .put("remote", link.remote())
        .put("connectedAt", Instant.ofEpochMilli(connectedAt).toString())
        .put("lastSeenAt", Instant.ofEpochMilli(System.currentTimeMillis() - idle).toString())
        .put("groups", new JsonArray(List.copyOf(groups)))
        .put("pending", outbox.size());
  }

  private static MessageException departed(String how) {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient left: " + how);
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

  private boolean answers(Message message) {
    return message.getTo().isEmpty()
        && !message.getReplyTo().isEmpty()
        && outbox.isAwaited(message.getReplyTo());
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

  private void takeWaiting() {
    // An ending inside of take() leads back here; the outer loop goes on then.
    if (taking || leaving || !hasWaiting()) {
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

  private void take(Message message, Receipt receipt) {
    UserWindow.Entry entry = null;
    // What concerns this session alone may be repeated, and the window is the user's: another of
    // its
    // sessions may well count its joins from one, too.
    if (!message.getEventId().isEmpty()
        && shard.delivery().maxDuplicates() > 0
        && !Memberships.concerns(message)) {
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
    shard.dispatcher().dispatch(new Handover(this, receipt, stamp(message), entry));
  }

  private Message stamp(Message message) {
    if (message.getFrom().equals(user())
        && !message.getEventId().isEmpty()
        && !message.getCreateAt().isEmpty()) {
      return message;
    }
    return shard.stamp(message.toBuilder().setFrom(user())).build();
  }

  /** May come from the loop of another session of the same user. */
  private void answerAgain(String eventId, Receipt receipt, UserWindow.Ending ending) {
    shard.run(
        () -> {
          if (ending.refusal() == null) {
            receipt.accepted(eventId);
          } else {
            receipt.refused(eventId, ending.refusal());
          }
        });
  }

  private void goIfIdle() {
    if (leaving && inFlight == 0 && outbox.size() == 0) {
      link.close(CloseReason.GOING_AWAY);
    }
  }
}
