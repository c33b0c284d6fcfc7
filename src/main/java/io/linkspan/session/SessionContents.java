package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.SlowPolicy;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.directory.SessionRef;
import io.linkspan.session.outbox.ConflatingQueue;
import io.linkspan.session.outbox.Outbox;
import io.linkspan.session.outbox.PendingDelivery;
import io.linkspan.session.replica.EndedStreams;
import io.linkspan.session.replica.SessionReplica;
import io.linkspan.session.transfer.TransferDeduplicator;
import io.linkspan.telemetry.SpanEvent;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import java.util.function.Function;

/**
 * The part of a session that outlives its link: its name and secret, its groups, and the Messages
 * that the client has not acknowledged. Moves between shards as a {@link SessionState}. Used only
 * on the event loop of the session's shard.
 */
final class SessionContents {

  private final SessionParts parts;
  private final SessionRef ref;
  private final boolean anonymous;

  /** Null when the session ends with its link. */
  private final String secret;

  private final Outbox outbox;
  private final DuplicateWindow duplicates;
  private final SessionReplica replica;
  private final EndedStreams endedStreams = new EndedStreams();
  private final Memberships memberships = new Memberships();

  /** Null until a Message arrives that need not wait for a slow reader as all others. */
  private ConflatingQueue conflating;

  /** Null for a session that was never transferred. */
  private TransferDeduplicator transferred;

  /**
   * Creates the contents of a session without Messages and groups.
   *
   * @param secret null when the session ends with its link
   * @param link that Messages are written to at once; null when they wait
   */
  SessionContents(
      SessionParts parts,
      SessionRef ref,
      boolean anonymous,
      String secret,
      DuplicateWindow duplicates,
      SessionReplica replica,
      Connection link,
      Outbox.Mode mode) {
    this.parts = parts;
    this.ref = ref;
    this.anonymous = anonymous;
    this.secret = secret;
    this.duplicates = duplicates;
    this.replica = replica;
    outbox =
        new Outbox(
            parts.outbox(),
            ref.session(),
            link,
            mode,
            secret != null,
            secret == null ? null : replica);
    if (secret != null) {
      outbox.anchor(Token.newAnchor());
    }
  }

  SessionRef ref() {
    return ref;
  }

  /** Returns the secret of the session; null when it ends with its link. */
  String secret() {
    return secret;
  }

  /** Returns whether the session outlives its link. */
  boolean isResumable() {
    return secret != null;
  }

  /** Returns whether the client has no name under which it can reconnect. */
  boolean anonymous() {
    return anonymous;
  }

  Outbox outbox() {
    return outbox;
  }

  DuplicateWindow duplicates() {
    return duplicates;
  }

  SessionReplica replica() {
    return replica;
  }

  Memberships memberships() {
    return memberships;
  }

  /** Returns whether a client that states this name and secret may resume the session. */
  boolean admits(String user, String claimed) {
    return secret != null
        && Token.same(secret, claimed)
        && (anonymous ? user.isEmpty() : user.equals(ref.user()));
  }

  /**
   * Takes the state that the session had on another shard.
   *
   * @param callbacks returns the callback of a pending delivery, or null
   */
  void restore(SessionState before, Function<Pending, DeliveryCallback> callbacks) {
    memberships.restore(before);
    endedStreams.restore(before.getEndedStreamsList());
    outbox.anchor(before.getAnchor());
    transferred = new TransferDeduplicator(parts.scheduler().now());
    before.getPendingList().forEach(pending -> transferred.add(pending.getMessage()));
    restorePending(before, callbacks);
  }

  /** Takes the Messages back that the client has not acknowledged. */
  void restorePending(SessionState from, Function<Pending, DeliveryCallback> callbacks) {
    for (Pending pending : from.getPendingList()) {
      endedStreams.accepted(pending.getMessage());
      if (pending.getNumber() == 0) {
        conflating().restore(pending, callbacks.apply(pending));
      } else {
        outbox.restore(pending, callbacks.apply(pending));
      }
    }
  }

  /**
   * Returns the whole state.
   *
   * @param away whether the session waits for its client
   * @param form the form of each Message that the client has not acknowledged
   */
  SessionState.Builder snapshot(
      SessionClient client, boolean away, Function<PendingDelivery, Pending> form) {
    SessionState.Builder all =
        SessionState.newBuilder()
            .setSession(ref.session())
            .setSecret(secret)
            .setUser(ref.user())
            .setAnonymous(anonymous)
            .setAnchor(outbox.anchor())
            .setAway(away)
            .addAllEndedStreams(endedStreams.ids())
            .setTokenId(client.tokenId() == null ? "" : client.tokenId())
            .setIssuedAt(client.issuedAt())
            .addAllWatched(client.watched());
    memberships.addTo(all);
    outbox.forEach(delivery -> all.addPending(form.apply(delivery)));
    return all;
  }

  /** Adds the Messages that wait in front of the outbox; their number is 0. */
  void addConflating(SessionState.Builder all, Function<PendingDelivery, Pending> form) {
    if (conflating != null) {
      conflating.forEach(delivery -> all.addPending(form.apply(delivery)));
    }
  }

  /**
   * Sends a Message to the client, or keeps it.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   * @return false when it was refused; the callback has failed then
   */
  boolean deliver(Outgoing outgoing, DeliveryCallback callback, long now) {
    if (endedStreams.includes(outgoing.message())) {
      outgoing.span().fail(ErrorCode.NO_SUCH_RECIPIENT);
      if (callback != null) {
        callback.failed(new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the stream has ended"));
      }
      return false;
    }
    boolean accepted =
        outgoing.slowPolicy() == SlowPolicy.QUEUE
            ? outbox.offer(outgoing, callback, now)
            : conflating().offer(outgoing, callback, now);
    if (accepted) {
      endedStreams.accepted(outgoing.message());
    }
    return accepted;
  }

  private ConflatingQueue conflating() {
    if (conflating == null) {
      conflating = new ConflatingQueue(parts.outbox(), outbox, ref.session(), secret != null);
    }
    return conflating;
  }

  /** As {@link Outbox#attach}. */
  void attach(Connection link, Outbox.Mode mode, long now) {
    outbox.attach(link, mode, now);
    if (conflating != null) {
      conflating.attach(now);
    }
  }

  /** As {@link Outbox#detach}. */
  void detach(boolean clientFailed) {
    outbox.detach(clientFailed);
    if (conflating != null) {
      conflating.detach();
    }
  }

  /** Fails all Messages that the client has not acknowledged: the session ends. */
  void end(MessageException reason) {
    outbox.end(reason);
    if (conflating != null) {
      conflating.end(reason);
    }
  }

  /** Removes all Messages; no callback is called. */
  void clear() {
    outbox.clear();
    if (conflating != null) {
      conflating.clear();
    }
  }

  /** Returns the bytes of Messages to the client, as if no other session held the same. */
  long held() {
    return outbox.held() + (conflating == null ? 0 : conflating.held());
  }

  /** Returns whether the Message has arrived by another way too; its callback is served then. */
  boolean isDuplicate(Outgoing outgoing, DeliveryCallback callback) {
    Message message = outgoing.message();
    if (transferred == null || !transferred.isRepeated(message, parts.scheduler().now())) {
      return false;
    }
    outgoing.span().event(SpanEvent.DUPLICATE);
    outgoing.span().end();
    if (!outbox.join(message, callback) && callback != null) {
      callback.delivered(By.TRANSPORT, null);
    }
    return true;
  }
}
