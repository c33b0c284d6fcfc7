package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.connection.Connection;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.Sender;
import io.linkspan.delivery.ShardSender;
import io.linkspan.directory.SessionRef;
import io.linkspan.session.replica.Replicator;
import io.linkspan.session.replica.SessionReplica;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;

/** Makes the sessions of one shard. Used only on its event loop. */
final class SessionFactory {

  private final NodeServices shared;
  private final SessionParts parts;
  private final Replicator replicator;
  private final ShardSender sender;
  private final DuplicateSync duplicates;

  SessionFactory(
      NodeServices shared,
      SessionParts parts,
      Replicator replicator,
      ShardSender sender,
      DuplicateSync duplicates) {
    this.shared = shared;
    this.parts = parts;
    this.replicator = replicator;
    this.sender = sender;
    this.duplicates = duplicates;
  }

  /** Returns a new session. */
  Session begin(
      SessionOwner<Session> owner,
      SessionRef ref,
      Connection link,
      Identity identity,
      Attachment attachment) {
    String secret = attachment.resumable() ? Token.newSecret() : null;
    var contents =
        new SessionContents(
            parts,
            ref,
            identity.anonymous(),
            secret,
            shared.duplicates().acquire(ref.user()),
            secret == null ? SessionReplica.none() : SessionReplica.of(replicator, ref.session()),
            link,
            attachment.mode());
    return new Session(owner, parts, contents, link, false, senderOf(ref, link));
  }

  /**
   * Returns a session that was on another shard.
   *
   * @param link null when it waits for its client here
   */
  Session restore(
      SessionOwner<Session> owner,
      SessionRef ref,
      Connection link,
      SessionState before,
      Attachment attachment) {
    DuplicateWindow window = shared.duplicates().acquire(ref.user());
    duplicates.restore(window, before.getSeenList());
    var contents =
        new SessionContents(
            parts,
            ref,
            before.getAnonymous(),
            before.getSecret(),
            window,
            SessionReplica.of(replicator, ref.session()),
            // What the session holds waits until the client knows that it has resumed.
            null,
            attachment.mode());
    var session = new Session(owner, parts, contents, link, true, senderOf(ref, link));
    session.restore(before, this::callbackOf);
    return session;
  }

  /** Gives a session that did not move after all its state back. */
  void restore(Session session, SessionState state) {
    session.stay(state, this::callbackOf);
  }

  /**
   * Releases what the session had of its user.
   *
   * @return milliseconds for which this shard has eventIds of a user without a session here, or 0
   */
  long release(Session session) {
    boolean kept =
        shared.duplicates().release(session.user(), session.mayReturn(), parts.scheduler().now());
    return kept ? shared.delivery().duplicateWindow().toMillis() : 0;
  }

  private DeliveryCallback callbackOf(Pending pending) {
    return sender.resolve(pending.getOrigin(), pending.getTicket());
  }

  private Sender senderOf(SessionRef ref, Connection link) {
    return new Sender(
        ref.session(),
        ref.user(),
        shared.node(),
        link == null ? null : link.transport(),
        link == null ? null : link.remote(),
        shared.delivery().requestTimeout());
  }
}
