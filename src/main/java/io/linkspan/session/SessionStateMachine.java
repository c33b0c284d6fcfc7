package io.linkspan.session;

import io.linkspan.admission.Offence;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.session.outbox.Outbox;
import io.linkspan.session.outbox.PendingDelivery;
import io.linkspan.telemetry.SpanEvent;
import io.linkspan.time.Scheduler;
import io.linkspan.trace.ClientTrace;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import java.util.function.Function;

/**
 * The states of a session, from its first link to its end on this shard.
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
 *
 * <p>Used only on the event loop of the session's shard.
 *
 * @param <S> the session
 */
final class SessionStateMachine<S> {

  private enum State {
    LINKED,
    LEAVING,
    AWAY,
    MOVED,
    FENCED,
    ENDED
  }

  private final S session;
  private final SessionOwner<S> owner;
  private final Scheduler scheduler;
  private final SessionContents contents;
  private final SessionClient client;
  private final Inbox inbox;
  private State state;
  private String movedTo;

  /** Creates the machine of a session that is linked if its client has a link, else away. */
  SessionStateMachine(
      S session,
      SessionOwner<S> owner,
      Scheduler scheduler,
      SessionContents contents,
      SessionClient client,
      Inbox inbox) {
    this.session = session;
    this.owner = owner;
    this.scheduler = scheduler;
    this.contents = contents;
    this.client = client;
    this.inbox = inbox;
    state = client.link() == null ? State.AWAY : State.LINKED;
  }

  // -------------------------------------------------------------------------- queries

  /** Returns whether the client has a link. */
  boolean isLinked() {
    return state == State.LINKED || state == State.LEAVING;
  }

  /** Returns whether the session waits for its client. */
  boolean isAway() {
    return state == State.AWAY;
  }

  /** Returns whether {@link #goAway} was called on the linked session. */
  boolean isLeaving() {
    return state == State.LEAVING;
  }

  /** Returns whether another shard has the session. */
  boolean hasMoved() {
    return state == State.MOVED;
  }

  /** Returns the shard that has the session; null when it has not moved. */
  String movedTo() {
    return movedTo;
  }

  /** Returns whether the session has ended here. */
  boolean hasEnded() {
    return state == State.ENDED || state == State.FENCED;
  }

  // ------------------------------------------------------------------------- Messages

  /**
   * Sends a Message to the client, or to where the session is.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @return whether it was written, forwarded or is in the outbox
   */
  boolean deliver(Outgoing outgoing, DeliveryCallback callback) {
    switch (state) {
      case ENDED, FENCED -> {
        outgoing.span().fail(ErrorCode.NO_SUCH_RECIPIENT);
        if (callback != null) {
          callback.failed(gone("it has ended"));
        }
        return false;
      }
      case MOVED -> {
        outgoing.span().event(SpanEvent.MOVED);
        outgoing.span().end();
        owner.forward(session, outgoing.message(), callback);
        return true;
      }
      case LINKED, LEAVING, AWAY -> {
        return contents.isDuplicate(outgoing, callback)
            || contents.deliver(outgoing, callback, scheduler.now());
      }
    }
    throw new IllegalStateException();
  }

  /** Sends all that waits, once the client knows that it has resumed the session. */
  void attach(Outbox.Mode mode) {
    if (isLinked()) {
      contents.attach(client.link(), mode, scheduler.now());
    }
  }

  // ------------------------------------------------------------------------- the link

  /** The link has ended. The session may wait for its client to resume it. */
  void linkClosed(CloseReason reason) {
    if (!isLinked()) {
      return;
    }
    if (client.trace() != null) {
      client.trace().closed(reason);
    }
    if (reason.isBrokenProtocol()) {
      client.count(Offence.MALFORMED);
    }
    client.linkClosed();
    inbox.dropWaiting();
    if (contents.isResumable() && reason.keepsSession()) {
      state = State.AWAY;
      releaseLink(!reason.isByGateway());
      owner.detached(session, reason);
    } else {
      end(gone(reason.label()));
      owner.closed(session, reason);
    }
  }

  /**
   * Closes the link, if there is one. The session may wait for its client to resume it.
   *
   * @param retryAfterMs when the client may connect again
   */
  void disconnect(CloseReason reason, long retryAfterMs) {
    if (isLinked()) {
      client.link().close(reason, retryAfterMs);
    }
  }

  /** Takes no further Messages and closes the link as soon as nothing is in flight. */
  void goAway() {
    if (state == State.LINKED) {
      state = State.LEAVING;
      inbox.close();
      leaveIfIdle();
    }
  }

  /** Closes the link of a leaving session with which nothing is in flight. */
  void leaveIfIdle() {
    if (state == State.LEAVING && isIdle()) {
      client.link().close(CloseReason.GOING_AWAY);
    }
  }

  /** Returns whether nothing is in flight from the client or to it. */
  boolean isIdle() {
    return inbox.isIdle() && contents.outbox().size() == 0;
  }

  // -------------------------------------------------------------------------- its end

  /** Closes the link and ends the session, if it has not ended. */
  void close(CloseReason reason) {
    if (state == State.AWAY) {
      expire(reason);
    } else if (isLinked()) {
      client.link().close(reason);
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
      owner.expired(session, reason);
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
    client.link().close(reason, retryAfterMs);
    // The link may have been closing, or not know its session yet.
    linkClosed(reason);
    return true;
  }

  /** Ends the session, since it holds more than others and memory is short. */
  void shed() {
    Connection slow = client.link();
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
    contents.replica().drop();
    inbox.fence();
    contents.end(
        new MessageException(ErrorCode.TIMEOUT, "the recipient's session is on another node"));
    owner.fenced(session);
    if (wasLinked) {
      // The client may not have noticed yet that the session is elsewhere.
      client.link().close(CloseReason.GOING_AWAY);
    }
  }

  private void end(MessageException why) {
    traceEnd("ended");
    state = State.ENDED;
    contents.end(why);
  }

  // --------------------------------------------------------------------- its transfer

  /** Returns the whole state, for a replica. */
  SessionState describe() {
    return snapshot(PendingDelivery::toReplica).build();
  }

  /** Ends the session here and returns its whole state, for the shard that takes it. */
  SessionState depart(String taker) {
    boolean wasLinked = isLinked();
    if (wasLinked) {
      // The client has another link: this one has ended, although that was not noticed yet.
      contents.detach(true);
    }
    contents.replica().drop();
    SessionState.Builder all = snapshot(this::export);
    contents.addConflating(all, this::export);
    contents.clear();
    boolean sameNode = owner.isOnThisNode(taker);
    if (!sameNode) {
      all.addAllSeen(contents.duplicates().export(scheduler.now()));
    }
    traceEnd("moved");
    state = State.MOVED;
    movedTo = taker;
    inbox.moved(sameNode ? null : taker);
    owner.departed(session, wasLinked);
    if (wasLinked) {
      client.link().close(CloseReason.REPLACED);
      releaseLink(false);
    }
    return all.build();
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
    contents.restorePending(all, callbacks);
  }

  private SessionState.Builder snapshot(Function<PendingDelivery, Pending> form) {
    return contents.snapshot(client, state == State.AWAY, form);
  }

  private Pending export(PendingDelivery delivery) {
    DeliveryCallback callback = delivery.callback();
    return delivery.toWire(callback == null ? null : owner.export(callback));
  }

  private void releaseLink(boolean clientFailed) {
    client.release();
    if (inbox.isIdle() && inbox.held() == 0) {
      // Its claims may be long, and nothing waits for them.
      inbox.sender().permit(null, () -> {});
    }
    contents.detach(clientFailed);
  }

  /**
   * Sets the trace that receives the client's frames from now on.
   *
   * @param trace null for none
   */
  void trace(ClientTrace trace) {
    Connection link = client.trace(trace);
    if (link != null) {
      contents.outbox().relink(link);
    }
  }

  private void traceEnd(String reason) {
    if (client.trace() != null) {
      client.trace().ended(reason);
      trace(null);
    }
  }

  private static MessageException gone(String how) {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient left: " + how);
  }
}
