package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.api.ErrorCode;
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
import io.linkspan.time.DeadlineTimer;
import io.linkspan.trace.ClientTrace;
import io.linkspan.trace.TracedClient;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import io.vertx.core.Future;
import java.util.function.Function;

/**
 * A client beyond its link: its user, its groups, what it sent that has no outcome yet, and what it
 * was sent and has not acknowledged. Used only on the event loop of the shard that owns it.
 *
 * <p>One object has one link at most. A client that resumes its session gets another object, on the
 * shard that it connects to, which takes over all that the former one had. {@link
 * SessionStateMachine} has the picture of its states.
 */
public final class Session
    implements GroupMember, Inbox.Client, Drain.DrainableSession, TracedClient {

  private final SessionOwner<Session> owner;
  private final SessionParts parts;
  private final SessionContents contents;
  private final SessionClient client;
  private final Outbox outbox;
  private final boolean recovered;
  private final Inbox inbox;
  private final SessionStateMachine<Session> states;

  /**
   * Creates a session that is linked, or away without a link.
   *
   * @param link null when it waits for its client here
   * @param recovered whether it was on another shard before; then {@link #restore} must follow
   */
  Session(
      SessionOwner<Session> owner,
      SessionParts parts,
      SessionContents contents,
      Connection link,
      boolean recovered,
      Sender sender) {
    this.owner = owner;
    this.parts = parts;
    this.contents = contents;
    this.recovered = recovered;
    client = new SessionClient(parts, link);
    outbox = contents.outbox();
    inbox = new Inbox(this, sender, parts.inbox(), contents.duplicates());
    states = new SessionStateMachine<>(this, owner, parts.scheduler(), contents, client, inbox);
  }

  /**
   * Takes the state that the session had on another shard.
   *
   * @param callbacks returns the callback of a pending delivery, or null
   */
  void restore(SessionState before, Function<Pending, DeliveryCallback> callbacks) {
    client.restore(before);
    contents.restore(before, callbacks);
  }

  // ------------------------------------------------------------------- for transports

  /** Returns the public id; {@code session:} and this reaches exactly this session. */
  @Override
  public String id() {
    return ref().session();
  }

  /** Returns the authenticated name. */
  @Override
  public String user() {
    return ref().user();
  }

  /** Returns what the client presents to resume the session; null when it cannot be resumed. */
  public String token() {
    return isResumable() ? new Token(id(), secret()).text() : null;
  }

  /** Returns the identity of the linked client; null while there is none. */
  public Identity identity() {
    return client.identity();
  }

  /** Returns whether the client has resumed it, with nothing lost. */
  public boolean recovered() {
    return recovered;
  }

  /** Returns the offset of the last event that the client is known to have, or an empty text. */
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
    ClientTrace trace = client.trace();
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
    if (client.trace() != null) {
      client.trace().acknowledgement(ClientTrace.Direction.IN, eventId, reply);
    }
    answered(eventId, reply);
  }

  /** The client sent a sign of life that is not a Message. */
  public void heartbeatReceived() {
    if (client.trace() != null) {
      client.trace().heartbeat(ClientTrace.Direction.IN);
    }
  }

  /** The client was sent a sign of life, or a request for one. */
  public void heartbeatSent() {
    if (client.trace() != null) {
      client.trace().heartbeat(ClientTrace.Direction.OUT);
    }
  }

  @Override
  public void answered(String eventId, Message reply) {
    outbox.acknowledged(eventId, reply);
    states.leaveIfIdle();
  }

  /** Counts an offence of the client, and closes its link if that makes it banned. */
  public void offended(Offence offence) {
    if (isIdentified()) {
      long banned = client.count(offence);
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

  /** As {@link SessionStateMachine#disconnect}. */
  void disconnect(CloseReason reason, long retryAfterMs) {
    states.disconnect(reason, retryAfterMs);
  }

  /** The link has ended. The session may wait for its client to resume it. */
  public void linkClosed(CloseReason reason) {
    states.linkClosed(reason);
  }

  // ------------------------------------------------------------------- for the shard

  /** As {@link SessionStateMachine#attach}. */
  void attach(Outbox.Mode mode) {
    states.attach(mode);
  }

  /**
   * Takes the identity of the linked client.
   *
   * @param asksForNotices whether the client wants a notice before the identity ends
   */
  void identified(Identity verified, boolean asksForNotices) {
    client.identified(verified, asksForNotices);
    replica().identified(client.tokenId(), client.issuedAt());
    inbox
        .sender()
        .permit(new Permissions(parts.permissions(), verified), () -> offended(Offence.FORBIDDEN));
  }

  /** Returns whether a client is linked whose identity may end. */
  boolean isIdentified() {
    return states.isLinked() && client.identity() != null;
  }

  /** Closes the link and ends the session, if it has not ended. */
  void close(CloseReason reason) {
    states.close(reason);
  }

  /** As {@link SessionStateMachine#expire}. */
  void expire(CloseReason reason) {
    states.expire(reason);
  }

  /** As {@link SessionStateMachine#revoke}. */
  boolean revoke(CloseReason reason, long retryAfterMs) {
    return states.revoke(reason, retryAfterMs);
  }

  /** Returns the bytes that are held for the client or of it, its link included. */
  long held() {
    return contents.held() + inbox.held() + client.backlog();
  }

  /** Ends the session, since it holds more than others and memory is short. */
  void shed() {
    states.shed();
  }

  /** Ends the session here without an event: another shard owns it. */
  void fence() {
    states.fence();
  }

  /** The shard owns the session for certain: dispatches what was held. */
  void resumeInbox() {
    inbox.takeWaiting();
  }

  /** Returns the whole state, for a replica. */
  SessionState describe() {
    return states.describe();
  }

  /** Returns whether the session outlives its link. */
  boolean isResumable() {
    return contents.isResumable();
  }

  /** As {@link SessionStateMachine#isIdle}. */
  boolean isIdle() {
    return states.isIdle();
  }

  /** Returns whether the client can reconnect under its name. */
  boolean mayReturn() {
    return !contents.anonymous();
  }

  /** Returns the client, with its link. */
  SessionClient client() {
    return client;
  }

  @Override
  public SessionRef ref() {
    return contents.ref();
  }

  @Override
  public String transport() {
    return client.transport();
  }

  @Override
  public Long data() {
    return client.data();
  }

  @Override
  public SessionReplica replica() {
    return contents.replica();
  }

  @Override
  public Memberships memberships() {
    return contents.memberships();
  }

  /**
   * Sends a Message to the client.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @return whether it was written or is in the outbox
   */
  boolean deliver(Outgoing outgoing, DeliveryCallback callback) {
    return states.deliver(outgoing, callback);
  }

  /** Returns why a Message cannot be sent to the client; null when it can. */
  MessageException refusalOf(Outgoing outgoing) {
    return outbox.refusalOf(outgoing);
  }

  /** Returns the number of Messages that are not delivered to the client. */
  int pending() {
    return outbox.size();
  }

  // ------------------------------------------------------------------ for the tracer

  @Override
  public String secret() {
    return contents.secret();
  }

  @Override
  public void trace(ClientTrace trace) {
    states.trace(trace);
  }

  @Override
  public ClientTrace trace() {
    return client.trace();
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
    states.leaveIfIdle();
  }

  // -------------------------------------------------------- for a transfer, for a drain

  @Override
  public boolean admits(String user, String claimed) {
    return contents.admits(user, claimed);
  }

  @Override
  public boolean hasMoved() {
    return states.hasMoved();
  }

  @Override
  public String movedTo() {
    return states.movedTo();
  }

  @Override
  public boolean hasEnded() {
    return states.hasEnded();
  }

  @Override
  public SessionState depart(String taker) {
    return states.depart(taker);
  }

  /** As {@link SessionStateMachine#stay}. */
  void stay(SessionState all, Function<Pending, DeliveryCallback> callbacks) {
    states.stay(all, callbacks);
  }

  @Override
  public Future<Void> flush() {
    return inbox.flush();
  }

  @Override
  public boolean isAway() {
    return states.isAway();
  }

  @Override
  public boolean isLeaving() {
    return states.isLeaving();
  }

  @Override
  public void goAway() {
    states.goAway();
  }

  @Override
  public void closeGoingAway() {
    close(CloseReason.GOING_AWAY);
  }
}
