package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.MessageDefaults;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;

/**
 * Completes a session that has just begun or resumed: it gets the identity of its client, and the
 * client gets its token and what waits for it. Used only on the shard's event loop.
 */
record SessionGreeting(
    MessageDefaults defaults,
    Duration grace,
    IdentityExpiry expiry,
    Groups<Session> groups,
    MailDelivery mail,
    GroupPresence presence) {

  /** Sets the identity of the client that is linked now. */
  void identify(Session session, Identity identity, Attachment attachment) {
    session.identified(identity, attachment.notices());
    expiry.watch(session);
  }

  /**
   * Joins the groups that the identity names.
   *
   * @return the session, once Messages to these groups reach it; a group that it cannot join is
   *     left out
   */
  Future<Session> join(Session session, Identity identity) {
    if (identity.groups().isEmpty()) {
      return Future.succeededFuture(session);
    }
    List<Future<Void>> joins =
        identity.groups().stream().map(group -> groups.join(session, group)).toList();
    return Future.join(joins).transform(joined -> Future.succeededFuture(session));
  }

  /**
   * Sends a client its token, as the first Message, if it has asked for a session. The Messages of
   * the user's mailbox follow, and the users of the groups that the session watches.
   */
  void announce(Session session, Attachment attachment) {
    if (attachment.announce()) {
      sendToken(session);
    }
    mail.begin(session, attachment.device());
    presence.begin(session);
  }

  /** The client has lost its link, and may resume the session. */
  void detached(Session session) {
    expiry.forget(session);
    presence.pause(session);
  }

  /**
   * A session continues from its copy, before its client has resumed it: the Messages of the user's
   * mailbox that the copy does not have come before any that are sent from now on.
   */
  Session adopted(Session session) {
    mail.adopted(session);
    return session;
  }

  /** The session is not on this shard any more. */
  void left(Session session) {
    detached(session);
    mail.left(session);
  }

  private void sendToken(Session session) {
    JsonObject body =
        new JsonObject()
            .put("session", session.token())
            .put("recovered", session.recovered())
            .put("expiresAfterMs", grace.toMillis());
    Message announcement =
        defaults
            .fill(
                Message.newBuilder()
                    .setType(ReservedTypes.SESSION)
                    .setContentType("application/json")
                    .setBody(body.encode()))
            .build();
    session.client().link().deliver(new Outgoing(announcement));
  }
}
