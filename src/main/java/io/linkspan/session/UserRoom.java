package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.directory.SessionRef;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.BiConsumer;

/** Bounds the sessions of one user, on all nodes. Used only on its event loop. */
final class UserRoom {

  private final NodeServices shared;
  private final BiConsumer<SessionRef, CloseReason> remoteClose;

  /**
   * @param remoteClose asks the shard of a session to close it
   */
  UserRoom(NodeServices shared, BiConsumer<SessionRef, CloseReason> remoteClose) {
    this.shared = shared;
    this.remoteClose = remoteClose;
  }

  /**
   * Makes room for a session that has been entered into the directory.
   *
   * @param all sessions of its user, the oldest first, the new one included
   * @return fails as rate-limited when it must give way itself; then it has left the directory
   */
  Future<Void> make(SessionRef ref, List<SessionRef> all, Identity identity) {
    SessionConfig config = shared.session();
    int excess = all.size() - config.maxPerUser();
    if (config.maxPerUser() == 0 || excess <= 0) {
      return Future.succeededFuture();
    }
    // Anybody can claim a name: a claim must not end the sessions of others.
    boolean proven = shared.identities().provider().verifies() && !identity.anonymous();
    if (proven && config.onExcess() == SessionConfig.OnExcess.REPLACE) {
      all.subList(0, excess).forEach(oldest -> remoteClose.accept(oldest, CloseReason.REPLACED));
      return Future.succeededFuture();
    }
    shared.directory().remove(ref);
    return Future.failedFuture(
        new MessageException(
            ErrorCode.RATE_LIMITED,
            ref.user() + " has " + config.maxPerUser() + " sessions already"));
  }
}
