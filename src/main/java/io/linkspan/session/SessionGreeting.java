package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.MessageDefaults;
import io.vertx.core.json.JsonObject;
import java.time.Duration;

/**
 * Completes a session that has just begun or resumed: it gets the identity of its client, and the
 * client gets its token. Used only on the shard's event loop.
 */
record SessionGreeting(MessageDefaults defaults, Duration grace, IdentityExpiry expiry) {

  /** Sets the identity of the client that is linked now. */
  void identify(Session session, Identity identity, Attachment attachment) {
    session.identified(identity, attachment.notices());
    expiry.watch(session);
  }

  /** Sends a client its token, as the first Message, if it has asked for a session. */
  void announce(Session session, Attachment attachment) {
    if (!attachment.announce()) {
      return;
    }
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
    session.link().deliver(new Outgoing(announcement));
  }
}
