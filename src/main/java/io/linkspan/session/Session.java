package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.admission.RemoteAddress;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.Sender;
import io.linkspan.directory.SessionRef;
import io.linkspan.permission.Permissions;
import io.linkspan.session.outbox.Outbox;
import io.linkspan.session.outbox.PendingDelivery;
import io.linkspan.session.replica.SessionReplica;
import io.linkspan.session.transfer.Drain;
import io.linkspan.session.transfer.TransferDeduplicator;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.trace.ClientTrace;
import io.linkspan.trace.TracedClient;
import io.linkspan.trace.TracedLink;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import io.vertx.core.Future;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/**
 * A client beyond its link: its user, its groups, what it sent that has no outcome yet, and what it
 * was sent and has not acknowledged. Used only on the event loop of the shard that owns it.
 *
 * <p>One object has one link at most. A client that resumes its session gets another object, on the
 * shard that it connects to, which takes over all that the former one had.
 *
 * <pre>
 *            drain             nothing in flight
 *   LINKED ────────► LEAVING ──────────────────┐
 *     │ │               │ │                    │
 *     │ └───── link ────┘ │ client left,       │
 *     │        lost       │ kicked             │
 *     │         │         └──────────────┐     │
 *     │         ▼        grace over      ▼     │
 *     │       AWAY ───────────────────► ENDED ◄┘
 *     │         │
 *     │         ├── another shard claims it ──► MOVED: forwards what still arrives
 *     └─────────┴── another shard owns it ────► FENCED
 * </pre>
 */
public final class Session
    implements GroupMember, Inbox.Client, Drain.DrainableSession, TracedClient {

  private enum State {
    LINKED,
    LEAVING,
    AWAY,
    MOVED,
    FENCED,
    ENDED
  }

  private final SessionOwner<Session> owner;
  private final SessionParts parts;
  private final SessionRef ref;

  /** Null while there is none. */
  private Connection link;

  /** Name of the link's transport; null when there never was a link. */
  private final String transport;

  /** See {@link Connection#data}. */
  private Long data;

  /** When the client was heard of last, while there is no link; milliseconds since 1970. */
  private long lastSeenAt;

  private final Outbox outbox;
  private final DuplicateWindow duplicates;
  private final boolean anonymous;

  /** Null while no client is linked, and until the session is complete. */
  private Identity identity;

  /** Of the identity that the client has, or had last. */
  private String tokenId;

  /** As {@link Identity#issuedAt}, of the same identity. */
  private long issuedAt;

  private boolean notices;

  /** Null when the session ends with its link. */
  private final String secret;

  private final boolean recovered;

  /** Null while nobody watches the client. */
  private ClientTrace trace;

  private final Inbox inbox;
  private final SessionReplica replica;
  private final long connectedAt = System.currentTimeMillis();
  private Set<String> groups = Set.of();
  private State state;
  private String movedTo;

  /** Null for a session that was never transferred. */
  private TransferDeduplicator transferred;

  /**
   * Creates a session that is linked, or away without a link.
   *
   * @param link null when it waits for its client here
   * @param secret null when it ends with its link
   * @param recovered whether it was on another shard before; then {@link #restore} must follow
   */
  Session(
      SessionOwner<Session> owner,
      SessionParts parts,
      SessionRef ref,
      Connection link,
      boolean anonymous,
      String secret,
      boolean recovered,
      Outbox.Mode mode,
      DuplicateWindow duplicates,
      SessionReplica replica,
      Sender sender) {
    this.owner = owner;
    this.parts = parts;
    this.ref = ref;
    this.link = link;
    transport = link == null ? null : link.transport();
    data = link == null ? null : link.data();
    this.anonymous = anonymous;
    this.secret = secret;
    this.recovered = recovered;
    this.duplicates = duplicates;
    this.replica = replica;
    state = link == null ? State.AWAY : State.LINKED;
    outbox =
        new Outbox(
            parts.outbox(),
            ref.session(),
            // What a recovered session holds waits until the client knows that it has resumed.
            recovered ? null : link,
            mode,
            secret != null,
            secret == null ? null : replica);
    outbox.anchor(Token.newSession());
    inbox = new Inbox(this, sender, parts.inbox(), duplicates);
  }

  /**
   * Takes the state that the session had on another shard.
   *
   * @param callbacks returns the callback of a pending delivery, or null
   */
  void restore(SessionState before, Function<Pending, DeliveryCallback> callbacks) {
    groups = new LinkedHashSet<>(before.getGroupsList());
    tokenId = before.getTokenId().isEmpty() ? null : before.getTokenId();
    issuedAt = before.getIssuedAt();
    outbox.anchor(before.getAnchor());
    transferred = new TransferDeduplicator(parts.scheduler().now());
    before.getPendingList().forEach(pending -> transferred.add(pending.getMessage()));
    restorePending(before, callbacks);
  }

  private void restorePending(SessionState from, Function<Pending, DeliveryCallback> callbacks) {
    for (Pending pending : from.getPendingList()) {
      outbox.restore(pending, callbacks.apply(pending));
    }
  }

  // ------------------------------------------------------------------- for transports

  /** Returns the public id; {@code session:} and this reaches exactly this session. */
  @Override
  public String id() {
    return ref.session();
  }

  /** Returns the authenticated name. */
  @Override
  public String user() {
    return ref.user();
  }

  /** Returns what the client presents to resume the session; null when it cannot be resumed. */
  public String token() {
    return secret == null ? null : new Token(ref.session(), secret).text();
  }

  /** Returns the identity of the linked client; null while there is none. */
  public Identity identity() {
    return identity;
  }

  /** Returns whether the client has resumed it, with nothing lost. */
  public boolean recovered() {
    return recovered;
  }

  /** Returns the offset of the last event that the client is known to have. */
  public String anchor() {
    return outbox.anchor();
  }

  /**
   * Takes the last event that the client has, of those that carried an offset.
   *
   * @return false when it is not known what came after it; then nothing has changed
   */
  public boolean seen(String offset) {
    return outbox.seen(offset);
  }

  /**
   * Takes that the client has read all that was written to its link until then; of use only where
   * writing is enough and the client can name what it has.
   *
   * @param time on the clock of {@link DeadlineTimer#now}
   */
  public void readUntil(long time) {
    outbox.readUntil(time);
  }

  /** Returns by what a client names an event when it says how far it has read. */
  public static String offsetOf(Message message) {
    return PendingDelivery.offsetOf(message);
  }

  /**
   * Takes a Message from the client. The receipt is called exactly once, perhaps later; not at all
   * when the session is on another shard by then, where the client sends the Message again.
   */
  public void receive(Message message, Receipt receipt) {
    owner.entered();
    if (hasMoved() || hasEnded()) {
      return;
    }
    Receipt outcome = trace == null ? receipt : TracedReceipt.of(trace, message, receipt);
    if (message.getType().equals(ReservedTypes.AUTH) && owner.renews()) {
      owner.renew(this, message, outcome);
    } else {
      inbox.receive(message, outcome);
    }
  }

  /**
   * Takes the acknowledgement of a Message; an unknown eventId is ignored.
   *
   * @param reply the answer that came with the acknowledgement, or null
   */
  public void acknowledged(String eventId, Message reply) {
    if (trace != null) {
      trace.acknowledgement(ClientTrace.Direction.IN, eventId, reply);
    }
    answered(eventId, reply);
  }

  /** The client sent a sign of life that is not a Message. */
  public void heartbeatReceived() {
    if (trace != null) {
      trace.heartbeat(ClientTrace.Direction.IN);
    }
  }

  /** The client was sent a sign of life, or a request for one. */
  public void heartbeatSent() {
    if (trace != null) {
      trace.heartbeat(ClientTrace.Direction.OUT);
    }
  }

  @Override
  public void answered(String eventId, Message reply) {
    outbox.acknowledged(eventId, reply);
    leaveIfIdle();
  }

  /** Counts an offence of the client, and closes its link if that makes it banned. */
  public void offended(Offence offence) {
    if (isIdentified()) {
      long banned = count(offence);
      if (banned > 0) {
        disconnect(CloseReason.RATE_LIMITED, banned);
      }
    }
  }

  @Override
  public void refused(ErrorCode why) {
    if (why == ErrorCode.MALFORMED) {
      offended(Offence.MALFORMED);
    } else if (why == ErrorCode.FORBIDDEN) {
      offended(Offence.FORBIDDEN);
    }
  }

  /**
   * Closes the link, if there is one. The session may wait for its client to resume it.
   *
   * @param retryAfterMs when the client may connect again
   */
  void disconnect(CloseReason reason, long retryAfterMs) {
    if (isLinked()) {
      link.close(reason, retryAfterMs);
    }
  }

  private long count(Offence offence) {
    return parts.offences().count(offence, RemoteAddress.host(link.remote()), identity);
  }

  /** The link has ended. The session may wait for its client to resume it. */
  public void linkClosed(CloseReason reason) {
    if (!isLinked()) {
      return;
    }
    if (trace != null) {
      trace.closed(reason);
    }
    if (reason.isBrokenProtocol()) {
      count(Offence.MALFORMED);
    }
    data = link.data();
    inbox.dropWaiting();
    if (secret != null && reason.keepsSession()) {
      state = State.AWAY;
      releaseLink(reason != CloseReason.GOING_AWAY && reason != CloseReason.SERVER_ERROR);
      owner.detached(this, reason);
    } else {
      end(gone(reason.label()));
      owner.closed(this, reason);
    }
  }

  // ------------------------------------------------------------------- for the shard

  /**
   * Sends all that waits for the client; to be called once the client knows that it has resumed.
   */
  void attach(Outbox.Mode mode) {
    if (isLinked()) {
      outbox.attach(link, mode, parts.scheduler().now());
    }
  }

  /**
   * Takes the identity of the linked client.
   *
   * @param asksForNotices whether the client wants a notice before the identity ends
   */
  void identified(Identity verified, boolean asksForNotices) {
    identity = verified;
    tokenId = verified.tokenId();
    issuedAt = verified.issuedAt();
    replica.identified(tokenId, issuedAt);
    inbox
        .sender()
        .permit(new Permissions(parts.permissions(), verified), () -> offended(Offence.FORBIDDEN));
    notices |= asksForNotices;
  }

  /** Returns whether the client is to be notified before its identity ends. */
  boolean wantsNotices() {
    return notices || (link != null && link.readsJson());
  }

  /** Returns whether a client is linked whose identity may end. */
  boolean isIdentified() {
    return isLinked() && identity != null;
  }

  /** Closes the link and ends the session, if it has not ended. */
  void close(CloseReason reason) {
    if (state == State.AWAY) {
      expire(reason);
    } else if (isLinked()) {
      link.close(reason);
    }
  }

  /**
   * Ends a session without a link.
   *
   * @param reason null when the client did not resume it in time
   */
  void expire(CloseReason reason) {
    if (state == State.AWAY) {
      end(gone(reason == null ? "it did not reconnect" : reason.label()));
      owner.expired(this, reason);
    }
  }

  /**
   * Ends the session and its link, since its client is refused.
   *
   * @param retryAfterMs when the client may connect again; 0 when that is not known
   * @return false when the session had ended, or has moved
   */
  boolean revoke(CloseReason reason, long retryAfterMs) {
    if (state == State.AWAY) {
      expire(reason);
      return true;
    }
    if (!isLinked()) {
      return false;
    }
    link.close(reason, retryAfterMs);
    // The link may have been closing, or not know its session yet.
    linkClosed(reason);
    return true;
  }

  /** Returns the id of the token that the client has, or had last; null without one. */
  String tokenId() {
    return tokenId;
  }

  /** Returns {@link Identity#issuedAt} of the same identity. */
  long issuedAt() {
    return issuedAt;
  }

  /** Returns the bytes that are held for the client or of it, its link included. */
  long held() {
    return outbox.held() + inbox.held() + (link == null ? 0 : link.backlog().bytes());
  }

  /** Ends the session, since it holds more than others and memory is short. */
  void shed() {
    Connection slow = link;
    close(CloseReason.SLOW_CONSUMER);
    if (slow != null) {
      slow.backlog().drop();
    }
    expire(CloseReason.SLOW_CONSUMER);
  }

  /** Ends the session here without an event: another shard owns it. */
  void fence() {
    if (hasMoved() || hasEnded()) {
      return;
    }
    traceEnd("moved");
    boolean wasLinked = isLinked();
    state = State.FENCED;
    replica.drop();
    inbox.fence();
    outbox.end(
        new MessageException(ErrorCode.TIMEOUT, "the recipient's session is on another node"));
    owner.fenced(this);
    if (wasLinked) {
      // The client may not have noticed yet that the session is elsewhere.
      link.close(CloseReason.GOING_AWAY);
    }
  }

  /** The shard owns the session for certain: dispatches what was held. */
  void resumeInbox() {
    inbox.takeWaiting();
  }

  /** Returns the whole state, for a replica. */
  SessionState describe() {
    return snapshot(PendingDelivery::toReplica).build();
  }

  private SessionState.Builder snapshot(Function<PendingDelivery, Pending> form) {
    SessionState.Builder all =
        SessionState.newBuilder()
            .setSession(ref.session())
            .setSecret(secret)
            .setUser(ref.user())
            .setAnonymous(anonymous)
            .addAllGroups(groups)
            .setAnchor(outbox.anchor())
            .setAway(state == State.AWAY)
            .setTokenId(tokenId == null ? "" : tokenId)
            .setIssuedAt(issuedAt);
    outbox.forEach(delivery -> all.addPending(form.apply(delivery)));
    return all;
  }

  /** Returns whether the session outlives its link. */
  boolean isResumable() {
    return secret != null;
  }

  /** Returns whether the client can reconnect under its name. */
  boolean mayReturn() {
    return !anonymous;
  }

  /** Returns the link; null while there is none. */
  Connection link() {
    return link;
  }

  @Override
  public SessionRef ref() {
    return ref;
  }

  @Override
  public String transport() {
    return transport;
  }

  @Override
  public Long data() {
    return data;
  }

  @Override
  public SessionReplica replica() {
    return replica;
  }

  @Override
  public Set<String> groups() {
    return Collections.unmodifiableSet(groups);
  }

  @Override
  public boolean addGroup(String group) {
    if (groups.isEmpty()) {
      groups = new LinkedHashSet<>(4);
    }
    return groups.add(group);
  }

  @Override
  public boolean removeGroup(String group) {
    return !groups.isEmpty() && groups.remove(group);
  }

  /**
   * Sends a Message to the client.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @return whether it was written or is in the outbox
   */
  boolean deliver(Outgoing outgoing, DeliveryCallback callback) {
    switch (state) {
      case ENDED, FENCED -> {
        if (callback != null) {
          callback.failed(gone("it has ended"));
        }
        return false;
      }
      case MOVED -> {
        owner.forward(this, outgoing.message(), callback);
        return true;
      }
      case LINKED, LEAVING, AWAY -> {
        return isDuplicate(outgoing.message(), callback)
            || outbox.offer(outgoing, callback, parts.scheduler().now());
      }
    }
    throw new IllegalStateException();
  }

  /** Returns why a Message cannot be sent to the client; null when it can. */
  MessageException refusalOf(Message message) {
    return outbox.refusalOf(message);
  }

  /** Returns when the session came to this shard; milliseconds since 1970. */
  long connectedAt() {
    return connectedAt;
  }

  /** Returns when the client was heard of last; milliseconds since 1970. */
  long lastSeenAt() {
    return link == null
        ? lastSeenAt
        : System.currentTimeMillis() - (parts.scheduler().now() - link.lastReceived());
  }

  /** Returns the number of Messages that are not delivered to the client. */
  int pending() {
    return outbox.size();
  }

  // ------------------------------------------------------------------ for the tracer

  @Override
  public String secret() {
    return secret;
  }

  @Override
  public void trace(ClientTrace trace) {
    this.trace = trace;
    if (link != null) {
      link = TracedLink.of(link, trace);
      outbox.relink(link);
    }
  }

  @Override
  public ClientTrace trace() {
    return trace;
  }

  private void traceEnd(String reason) {
    if (trace != null) {
      trace.ended(reason);
      trace(null);
    }
  }

  // ------------------------------------------------------------------- for its inbox

  @Override
  public boolean awaits(Message answer) {
    return outbox.isAwaited(answer.getReplyTo());
  }

  @Override
  public boolean reply(Message answer, int channel) {
    return deliver(new Outgoing(answer, channel), null) || hasEnded();
  }

  @Override
  public void idle() {
    leaveIfIdle();
  }

  // -------------------------------------------------------- for a transfer, for a drain

  @Override
  public boolean admits(String user, String claimed) {
    return secret != null
        && Token.same(secret, claimed)
        && (anonymous ? user.isEmpty() : user.equals(ref.user()));
  }

  @Override
  public boolean hasMoved() {
    return state == State.MOVED;
  }

  @Override
  public String movedTo() {
    return movedTo;
  }

  @Override
  public boolean hasEnded() {
    return state == State.ENDED || state == State.FENCED;
  }

  @Override
  public SessionState depart(String taker) {
    boolean wasLinked = isLinked();
    if (wasLinked) {
      // The client has another link: this one has ended, although that was not noticed yet.
      outbox.detach(true);
    }
    replica.drop();
    SessionState.Builder all = snapshot(this::export);
    outbox.clear();
    boolean sameNode = owner.isOnThisNode(taker);
    if (!sameNode) {
      all.addAllSeen(duplicates.export(parts.scheduler().now()));
    }
    traceEnd("moved");
    state = State.MOVED;
    movedTo = taker;
    inbox.moved(sameNode ? null : taker);
    owner.departed(this, wasLinked);
    if (wasLinked) {
      link.close(CloseReason.REPLACED);
      releaseLink(false);
    }
    return all.build();
  }

  private Pending export(PendingDelivery delivery) {
    DeliveryCallback callback = delivery.callback();
    return delivery.toWire(callback == null ? null : owner.export(callback));
  }

  /**
   * Takes the state back: the other shard did not take the session.
   *
   * @param callbacks returns the callback of a pending delivery, or null
   */
  void stay(SessionState all, Function<Pending, DeliveryCallback> callbacks) {
    state = State.AWAY;
    movedTo = null;
    inbox.movedBack();
    restorePending(all, callbacks);
  }

  @Override
  public Future<Void> flush() {
    return inbox.flush();
  }

  @Override
  public boolean isAway() {
    return state == State.AWAY;
  }

  @Override
  public boolean isLeaving() {
    return state == State.LEAVING;
  }

  @Override
  public void goAway() {
    if (state == State.LINKED) {
      state = State.LEAVING;
      inbox.close();
      leaveIfIdle();
    }
  }

  @Override
  public void closeGoingAway() {
    close(CloseReason.GOING_AWAY);
  }

  private void leaveIfIdle() {
    if (state == State.LEAVING && inbox.isIdle() && outbox.size() == 0) {
      link.close(CloseReason.GOING_AWAY);
    }
  }

  private boolean isLinked() {
    return state == State.LINKED || state == State.LEAVING;
  }

  /** Releases the closed link: with all that belongs to it, it is much larger than the session. */
  private void releaseLink(boolean clientFailed) {
    lastSeenAt = lastSeenAt();
    link = null;
    identity = null;
    if (inbox.isIdle() && inbox.held() == 0) {
      // Its claims may be long, and nothing waits for them.
      inbox.sender().permit(null, () -> {});
    }
    outbox.detach(clientFailed);
  }

  /** Returns whether the Message has arrived by another way too; its callback is served then. */
  private boolean isDuplicate(Message message, DeliveryCallback callback) {
    if (transferred == null || !transferred.isRepeated(message, parts.scheduler().now())) {
      return false;
    }
    if (!outbox.join(message, callback) && callback != null) {
      callback.delivered(By.TRANSPORT, null);
    }
    return true;
  }

  private void end(MessageException why) {
    traceEnd("ended");
    state = State.ENDED;
    outbox.end(why);
  }

  private static MessageException gone(String how) {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient left: " + how);
  }
}
