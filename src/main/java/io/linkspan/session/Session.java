package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.directory.SessionRef;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
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

  private final Shard shard;
  private final SessionRef ref;

  /** Null while there is none. */
  private Connection link;

  /** Name of the link's transport; null when there never was one. */
  private final String transport;

  /** When the client was heard of last, while there is no link; milliseconds since 1970. */
  private long lastSeenAt;

  private final Outbox outbox;
  private final DuplicateWindow duplicates;
  private final boolean anonymous;

  /** Null when the session ends with its link. */
  private final String secret;

  private final boolean recovered;
  private final DeliveryScope terms;
  private final DeliveryOptions busOptions;

  /** Made when a service on this loop asks first. */
  private Origin origin;

  private final Inbox inbox;
  private final long connectedAt = System.currentTimeMillis();
  private Set<String> groups = Set.of();
  private boolean leaving;
  private boolean fenced;

  /** Whether the shard knows of it, and copies may be made. */
  private boolean entered;

  private State state;
  private String movedTo;

  /** Null when nothing can come twice any more. */
  private TransferDeduplicator overlap;

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
    overlap = new TransferDeduplicator();
    shard.relocation().restore(ref.user(), before.getSeenList());
    for (Pending pending : before.getPendingList()) {
      overlap.isFirst(pending.getMessage());
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
    terms = new DeliveryScope(ref.session(), null, false);
    // What a taken over session has waits until the client has been told of it.
    outbox =
        shard.newOutbox(
            recovered ? null : link, mode, secret != null, secret == null ? null : new Copier());
    duplicates = shard.duplicates().acquire(ref.user());
    inbox = new Inbox(this, shard, duplicates);
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
    boolean certain = shard.standing().isCertain(DeadlineTimer.now());
    if (state == State.MOVED || state == State.ENDED) {
      // Its client comes back to where the session is, and sends it there.
      return;
    }
    inbox.receive(message, receipt, certain);
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
    inbox.dropWaiting();
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
    inbox.dropWaiting();
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
    inbox.takeWaiting();
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
    outbox.forEach(delivery -> all.addPending(Replicator.describe(delivery)));
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
    inbox.dropWaiting();
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
    return inbox.flush();
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
  DeliveryScope terms() {
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
  boolean deliver(Outgoing outgoing, DeliveryCallback settlement) {
    switch (state) {
      case ENDED -> {
        if (settlement != null) {
          settlement.failed(departed("it is gone"));
        }
        return false;
      }
      case MOVED -> {
        shard
            .relocation()
            .forward(this, outgoing.message(), DeliveryScope.ACKNOWLEDGED, settlement);
        return true;
      }
      case LINKED, AWAY -> {
        if (overlap != null && !isFirst(outgoing.message(), settlement)) {
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
    return shard.stamp().on(complete).build();
  }

  /** A Message of this client has ended; there may be room for the next one. */
  void ended(InboundRequest handover, DuplicateWindow.Ending ending) {
    inbox.ended(handover, ending);
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
    public void added(PendingDelivery delivery) {
      if (entered) {
        shard.replication().added(Session.this, delivery);
      }
    }

    @Override
    public void removed(PendingDelivery delivery) {
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

  /** Whether it did not come by another way; who waits for a second one hears of the first. */
  private boolean isFirst(Message message, DeliveryCallback settlement) {
    if (overlap.isOver()) {
      overlap = null;
      return true;
    }
    if (overlap.isFirst(message)) {
      return true;
    }
    PendingDelivery first = outbox.find(message);
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

  private static MessageException departed(String how) {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient left: " + how);
  }

  /** Whether a Message is the answer to one that the client was sent. */
  boolean answers(Message message) {
    return message.getTo().isEmpty()
        && !message.getReplyTo().isEmpty()
        && outbox.isAwaited(message.getReplyTo());
  }

  private void goIfIdle() {
    if (leaving && state == State.LINKED && inbox.isIdle() && outbox.size() == 0) {
      link.close(CloseReason.GOING_AWAY);
    }
  }
}
