package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.DeadlineTimer;
import io.linkspan.connection.Outgoing;
import io.linkspan.routing.Recipient;
import io.linkspan.session.wire.Pending;
import io.linkspan.session.wire.SessionState;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * A client as services know it: its user, its groups, what it sent that has not ended and what it
 * was sent and has not acknowledged. Used only on the event loop of the shard that owns it.
 *
 * <p>One object has one link at most. A client that comes back gets another object, on whichever
 * shard it comes to, which takes over all that the former one had.
 *
 * <pre>
 *             link lost             grace over
 *   LINKED ─────────────► AWAY ─────────────────► ENDED
 *     │ │                  │                        ▲
 *     │ └──────────────────┼─ left for good, kicked ┘
 *     └──── taken over ────┴──► MOVED: passes on what still comes
 * </pre>
 */
public final class Session {

  private enum State {
    LINKED,
    AWAY,
    MOVED,
    ENDED
  }

  /** Type of the Message that tells a client its token. */
  public static final String ANNOUNCEMENT = "session";

  /** Bounds eventId, to, type, replyTo and group names, all in characters. */
  static final int MAX_NAME = 256;

  private record Waiting(Message message, Receipt receipt) {}

  /**
   * How long what was under way to a former shard may come from both sides, in milliseconds. Longer
   * than a former shard passes anything on.
   */
  private static final long OVERLAP = 30_000;

  private static final int MAX_ARRIVALS = 10_000;

  private final Shard shard;
  private final SessionRef ref;

  /** Null while there is none. */
  private Connection link;

  /** Name of the link's transport; null when there never was one. */
  private final String transport;

  /** When the client was heard of last, while there is no link; milliseconds since 1970. */
  private long lastSeenAt;

  private final Outbox outbox;
  private final UserWindow duplicates;
  private final boolean anonymous;

  /** Null when the session ends with its link. */
  private final String secret;

  private final boolean recovered;
  private final Terms terms;
  private final DeliveryOptions busOptions;

  /** Made when a service on this loop asks first. */
  private Origin origin;

  private final TokenBucket messageRate;
  private final TokenBucket byteRate;
  private final long connectedAt = System.currentTimeMillis();
  private Set<String> groups = Set.of();
  private Queue<Waiting> waiting;
  private long waitingBytes;
  private int inFlight;

  /** Messages of the client that have not ended, the newest of them. */
  private Handover open;

  /** Asked for when it has moved; done when services have ended all they were given. */
  private Promise<Void> servicesDone;

  private boolean taking;
  private boolean leaving;
  private boolean fenced;

  /** Whether the shard knows of it, and copies may be made. */
  private boolean entered;

  private State state;
  private String movedTo;

  /**
   * What has come since the session was taken over, oldest first; null when nothing can come twice
   * any more.
   */
  private Set<String> arrivals;

  private long overlapUntil;

  /** A new one. */
  Session(Shard shard, SessionRef ref, Connection link, Identity identity, Attachment attachment) {
    this(
        shard,
        ref,
        link,
        identity.anonymous(),
        attachment.resumable() ? Token.newSecret() : null,
        false,
        Outbox.Mode.of(attachment));
    outbox.anchor(Token.newSession());
  }

  /**
   * One that was elsewhere before.
   *
   * @param link null when it waits for its client here
   */
  Session(
      Shard shard, SessionRef ref, Connection link, SessionState before, Attachment attachment) {
    this(
        shard,
        ref,
        link,
        before.getAnonymous(),
        before.getSecret(),
        true,
        Outbox.Mode.of(attachment));
    groups = new LinkedHashSet<>(before.getGroupsList());
    outbox.anchor(before.getAnchor());
    arrivals = new LinkedHashSet<>();
    overlapUntil = DeadlineTimer.now() + OVERLAP;
    shard.relocation().restore(ref.user(), before.getSeenList());
    for (Pending pending : before.getPendingList()) {
      arrivals.add(arrival(pending.getMessage()));
      outbox.restore(
          new Outgoing(pending.getMessage(), pending.getChannel()),
          shard.relocation().settlementOf(pending),
          pending.getWritten());
    }
  }

  private Session(
      Shard shard,
      SessionRef ref,
      Connection link,
      boolean anonymous,
      String secret,
      boolean recovered,
      Outbox.Mode mode) {
    this.shard = shard;
    this.ref = ref;
    this.link = link;
    transport = link == null ? null : link.transport();
    this.anonymous = anonymous;
    this.secret = secret;
    this.recovered = recovered;
    state = link == null ? State.AWAY : State.LINKED;
    terms = new Terms(ref.session(), null, false);
    // What a taken over session has waits until the client has been told of it.
    outbox =
        shard.newOutbox(
            recovered ? null : link, mode, secret != null, secret == null ? null : new Copier());
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
            .addHeader(Addresses.NODE, shard.node());
    if (link != null) {
      busOptions
          .addHeader(Addresses.TRANSPORT, link.transport())
          .addHeader(Addresses.REMOTE, link.remote());
    }
  }

  /** Public id; {@code session:} and this reaches exactly this session. */
  public String id() {
    return ref.session();
  }

  public String user() {
    return ref.user();
  }

  /** What the client presents to take the session up again; null when it can not. */
  public String token() {
    return secret == null ? null : new Token(ref.session(), secret).text();
  }

  /** Whether the client has taken it up again, with nothing lost. */
  public boolean recovered() {
    return recovered;
  }

  /** Offset of the last event that the client is known to have. */
  public String anchor() {
    return outbox.anchor();
  }

  /**
   * The client says which event was the last it has, of those that carried an offset.
   *
   * @return false when what came after it is not known; then nothing has changed
   */
  public boolean seen(String offset) {
    return outbox.seen(offset);
  }

  /**
   * The client has read all that was written to its link until then; of use only where writing is
   * enough and the client can name what it has.
   *
   * @param time on the clock of {@link DeadlineTimer#now}
   */
  public void readUntil(long time) {
    outbox.readUntil(time);
  }

  /** By what a client names an event when it says how far it got. */
  public static String offsetOf(Message message) {
    return message.getEventId()
        + '.'
        + Integer.toString(message.getFrom().hashCode(), Character.MAX_RADIX);
  }

  /** Sends all that waits for the client; to be called once it knows that it is back. */
  void attach(Attachment attachment) {
    if (state == State.LINKED) {
      outbox.attach(link, Outbox.Mode.of(attachment), DeadlineTimer.now());
      shard.armTimeouts();
    }
  }

  /**
   * The client sent a Message. It ends with exactly one call of the receipt, perhaps later; with
   * none when the session is elsewhere by now.
   */
  public void receive(Message message, Receipt receipt) {
    boolean certain = shard.isCertain(DeadlineTimer.now());
    if (state == State.MOVED || state == State.ENDED) {
      // Its client comes back to where the session is, and sends it there.
      return;
    }
    MessageException refusal = refusal(message);
    if (refusal != null) {
      receipt.refused(message.getEventId(), refusal);
    } else if (answers(message)) {
      // Like an acknowledgement it is read on: what waits may wait for it.
      take(message, receipt);
    } else if (leaving || !certain || inFlight >= shard.limits().inFlight() || hasWaiting()) {
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

  /** The link has ended. The session may wait for its client to come back. */
  public void linkClosed(CloseReason reason) {
    if (state != State.LINKED) {
      return;
    }
    dropWaiting();
    if (secret != null && mayComeBack(reason)) {
      state = State.AWAY;
      letGoOfLink();
      shard.away(this, reason);
    } else {
      end(departed(reason.label()));
      shard.closed(this, reason);
    }
  }

  /** Closes the link and ends the session, if it has not ended. */
  void close(CloseReason reason) {
    if (state == State.AWAY) {
      expire(reason);
    } else if (state == State.LINKED) {
      link.close(reason);
    }
  }

  /**
   * The client has not come back, or must not.
   *
   * @param reason null when its time is over
   */
  void expire(CloseReason reason) {
    if (state == State.AWAY) {
      end(departed(reason == null ? "it did not come back" : reason.label()));
      shard.expired(this, reason);
    }
  }

  /** Another shard turns out to own it: it ends here, and nobody is told. */
  void fence() {
    if (state == State.MOVED || state == State.ENDED) {
      return;
    }
    boolean linked = state == State.LINKED;
    state = State.ENDED;
    fenced = true;
    dropWaiting();
    outbox.end(
        new MessageException(
            ErrorCode.TIMEOUT, "the recipient's session went on without this node"));
    groups.forEach(group -> shard.memberships().drop(this, group));
    shard.duplicates().release(ref.user(), duplicates, !anonymous);
    shard.fenced(this);
    if (linked) {
      // Its client may not know yet that the session is elsewhere.
      link.close(CloseReason.GOING_AWAY);
    }
  }

  /** Whether it ended since another shard has it. */
  boolean fenced() {
    return fenced;
  }

  /** It is known that the session is here: what has come meanwhile may be taken. */
  void goOn() {
    takeWaiting();
  }

  /** Whether whoever says so may have the session. */
  boolean admits(String user, String claimed) {
    return secret != null
        && Token.same(secret, claimed)
        && (anonymous ? user.isEmpty() : user.equals(ref.user()));
  }

  /** All of it, for a copy on another node. */
  SessionState describe() {
    SessionState.Builder all = head();
    outbox.forEach(delivery -> all.addPending(Replication.describe(delivery)));
    return all.build();
  }

  private SessionState.Builder head() {
    return SessionState.newBuilder()
        .setSession(ref.session())
        .setSecret(secret)
        .setUser(ref.user())
        .setAnonymous(anonymous)
        .addAllGroups(groups)
        .setAnchor(outbox.anchor())
        .setAway(state == State.AWAY);
  }

  /**
   * Another shard gets the session; what still comes is passed on.
   *
   * @return all of it
   */
  SessionState depart(String taker) {
    SessionState.Builder all = head();
    shard.replication().dropped(this);
    outbox.drainTo(delivery -> all.addPending(shard.relocation().ticket(delivery)));
    if (!shard.sharesNodeWith(taker)) {
      all.addAllSeen(duplicates.export(DeadlineTimer.now()));
    }
    boolean linked = state == State.LINKED;
    state = State.MOVED;
    movedTo = taker;
    dropWaiting();
    shard.departed(this, linked);
    if (linked) {
      link.close(CloseReason.REPLACED);
      letGoOfLink();
    }
    return all.build();
  }

  /** The other shard did not take it after all. */
  void stay(SessionState all) {
    state = State.AWAY;
    movedTo = null;
    outbox.detach();
    for (Pending pending : all.getPendingList()) {
      outbox.restore(
          new Outgoing(pending.getMessage(), pending.getChannel()),
          shard.relocation().settlementOf(pending),
          pending.getWritten());
    }
  }

  /** It has moved, and nothing can be under way to it any more. */
  void forget() {
    groups.forEach(group -> shard.memberships().drop(this, group));
    groups = Set.of();
    shard.duplicates().release(ref.user(), duplicates, !anonymous);
  }

  SessionRef ref() {
    return ref;
  }

  /** Null while there is none. */
  Connection link() {
    return link;
  }

  /** Name of its transport; null when it was adopted without its client. */
  String transport() {
    return transport;
  }

  /** It can be reached from now on. */
  void entered() {
    entered = true;
    if (secret != null) {
      shard.replication().put(this);
    }
  }

  /**
   * The session has moved. Done when what its client sent here can not be overtaken any more by
   * what it sends from elsewhere.
   */
  Future<Void> flush() {
    Map<String, Recipient> recipients = new HashMap<>();
    boolean withService = false;
    for (Handover one = open; one != null; one = one.next) {
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

  /** Whether it has gone to another shard. */
  boolean moved() {
    return state == State.MOVED;
  }

  /** Bus address of the shard to which it has gone. */
  String movedTo() {
    return movedTo;
  }

  Origin origin() {
    if (origin == null) {
      origin = Origin.of(busOptions.getHeaders());
    }
    return origin;
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
    switch (state) {
      case ENDED -> {
        if (settlement != null) {
          settlement.failed(departed("it is gone"));
        }
        return false;
      }
      case MOVED -> {
        shard.relocation().forward(this, outgoing.message(), Terms.ACKNOWLEDGED, settlement);
        return true;
      }
      case LINKED, AWAY -> {
        if (arrivals != null && !isFirst(outgoing.message(), settlement)) {
          return true;
        }
        boolean fits = outbox.offer(outgoing, settlement, DeadlineTimer.now());
        shard.armTimeouts();
        return fits;
      }
    }
    throw new IllegalStateException();
  }

  /** Whether the session has ended. */
  boolean ended() {
    return state == State.ENDED;
  }

  /** Why a Message can not be sent to the client; null when it can. */
  MessageException refusalOf(Message message) {
    return outbox.refusalOf(message);
  }

  /** A service's answer with what it left out filled in. */
  Message complete(Message answer, Message request) {
    boolean hasReplyTo = !answer.getReplyTo().isEmpty();
    if (hasReplyTo && !answer.getEventId().isEmpty() && !answer.getCreateAt().isEmpty()) {
      return answer;
    }
    Message.Builder complete = Draft.of(answer);
    if (!hasReplyTo) {
      complete.setReplyTo(request.getEventId());
    }
    return shard.stamp(complete).build();
  }

  /** A Message of this client has ended; there may be room for the next one. */
  void ended(Handover handover, UserWindow.Ending ending) {
    unlink(handover);
    UserWindow.Entry entry = handover.entry();
    if (entry != null) {
      duplicates.end(entry, ending);
      if (state == State.MOVED && !shard.sharesNodeWith(movedTo)) {
        shard.relocation().tellEnding(movedTo, user(), duplicates, entry);
      }
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
    return new JsonObject()
        .put("session", id())
        .put("user", user())
        .put("transport", link == null ? null : transport)
        .put("node", shard.node())
        .put("remote", link == null ? null : link.remote())
        .put("connectedAt", Instant.ofEpochMilli(connectedAt).toString())
        .put("lastSeenAt", transport == null ? null : Instant.ofEpochMilli(lastSeen()).toString())
        .put("groups", new JsonArray(List.copyOf(groups)))
        .put("pending", outbox.size());
  }

  private long lastSeen() {
    return link == null
        ? lastSeenAt
        : System.currentTimeMillis() - (DeadlineTimer.now() - link.lastReceived());
  }

  /** Tells the copy what goes in and out of the outbox. */
  private final class Copier implements Outbox.Listener {

    @Override
    public void added(Delivery delivery) {
      if (entered) {
        shard.replication().added(Session.this, delivery);
      }
    }

    @Override
    public void removed(Delivery delivery) {
      if (entered && state != State.MOVED) {
        shard.replication().removed(Session.this, delivery);
      }
    }

    @Override
    public void anchored(String offset) {
      if (entered) {
        shard.replication().anchored(Session.this, offset);
      }
    }
  }

  /** It has closed; with all that belongs to it, it is much larger than the session. */
  private void letGoOfLink() {
    lastSeenAt = lastSeen();
    link = null;
    outbox.detach();
  }

  private static String arrival(Message message) {
    return message.getFrom() + '\n' + message.getEventId();
  }

  /**
   * While a session moves, a Message that was meant for everybody can come from the former shard
   * and directly.
   */
  private boolean isFirst(Message message, Settlement settlement) {
    if (DeadlineTimer.now() > overlapUntil) {
      arrivals = null;
      return true;
    }
    if (arrivals.add(arrival(message))) {
      if (arrivals.size() > MAX_ARRIVALS) {
        arrivals.remove(arrivals.iterator().next());
      }
      return true;
    }
    Delivery first = outbox.find(message);
    if (first == null || first.written) {
      if (settlement != null) {
        settlement.delivered(By.TRANSPORT, null);
      }
    } else if (settlement != null) {
      first.settlement =
          first.settlement == null ? settlement : new Both(first.settlement, settlement);
    }
    return false;
  }

  private static boolean mayComeBack(CloseReason reason) {
    return reason.mayReturn() == CloseReason.MayReturn.AT_ONCE
        || reason.mayReturn() == CloseReason.MayReturn.LATER;
  }

  private void end(MessageException why) {
    state = State.ENDED;
    outbox.end(why);
    for (String group : groups) {
      shard.left(this, group);
    }
    groups = Set.of();
    shard.duplicates().release(ref.user(), duplicates, !anonymous);
  }

  private void dropWaiting() {
    if (waiting != null) {
      shard.metrics().waiting.add(-waiting.size());
      waiting = null;
      waitingBytes = 0;
    }
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
    if (taking || leaving || !hasWaiting() || !shard.isCertain(DeadlineTimer.now())) {
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
    var handover = new Handover(this, receipt, stamp(message), entry);
    link(handover);
    shard.dispatcher().dispatch(handover);
  }

  private void link(Handover handover) {
    handover.next = open;
    if (open != null) {
      open.previous = handover;
    }
    open = handover;
  }

  private void unlink(Handover handover) {
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
    for (Handover one = open; one != null; one = one.next) {
      if (one.isWithService()) {
        return true;
      }
    }
    return false;
  }

  private Message stamp(Message message) {
    if (message.getFrom().equals(user())
        && !message.getEventId().isEmpty()
        && !message.getCreateAt().isEmpty()) {
      return message;
    }
    return shard.stamp(Draft.of(message).setFrom(user())).build();
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
    if (leaving && state == State.LINKED && inFlight == 0 && outbox.size() == 0) {
      link.close(CloseReason.GOING_AWAY);
    }
  }
}
