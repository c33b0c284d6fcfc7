package io.linkspan.transport.socketio;

import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.session.Admission;
import io.linkspan.session.Identity;
import io.linkspan.session.IdentityProvider;
import io.linkspan.translate.ClosingTranslator;
import io.vertx.core.json.JsonObject;

/** Decides who a client is when it joins its first namespace, and whether it may come in. */
record Handshake(IdentityProvider identities, Admission admission, boolean acknowledgesByDefault) {

  /** When a client may try again whose user has too many connections. */
  static final long TOO_MANY_RETRY_MS = 5_000;

  /** It may come in. */
  record Admitted(Identity identity, boolean acknowledges) {}

  /** It may not. */
  static final class RefusedException extends Exception {

    private final CloseReason reason;
    private final long retryAfterMs;

    RefusedException(CloseReason reason, String message, long retryAfterMs) {
      super(message, null, false, false);
      this.reason = reason;
      this.retryAfterMs = retryAfterMs;
    }

    CloseReason reason() {
      return reason;
    }

    long retryAfterMs() {
      return retryAfterMs;
    }
  }

  Admitted admit(SocketEvent.ConnectRequested request) throws RefusedException {
    JsonObject auth = new JsonObject(request.auth());
    boolean acknowledges = acknowledges(parameter("ack", auth, request));
    Identity identity;
    try {
      identity = identities.identify(parameter("user", auth, request));
    } catch (MessageException e) {
      throw new RefusedException(CloseReason.UNAUTHENTICATED, e.getMessage(), 0);
    }
    long wait = identity.anonymous() ? 0 : admission.enterAs(identity.user());
    if (wait > 0) {
      throw new RefusedException(CloseReason.RATE_LIMITED, "this user connects too often", wait);
    }
    return new Admitted(identity, acknowledges);
  }

  /** What a client is told with {@code closing} and when it is refused. */
  static JsonObject explain(CloseReason reason, long retryAfterMs) {
    return ClosingTranslator.toJson(reason.code(), reason.label(), retryAfterMs);
  }

  private static String parameter(
      String name, JsonObject auth, SocketEvent.ConnectRequested request) throws RefusedException {
    Object value = auth.getValue(name);
    if (value == null) {
      return request.query().get(name);
    }
    if (value instanceof String text) {
      return text;
    }
    throw new RefusedException(CloseReason.MALFORMED, name + " has to be a string", 0);
  }

  private boolean acknowledges(String parameter) throws RefusedException {
    if (parameter == null) {
      return acknowledgesByDefault;
    }
    return switch (parameter) {
      case "client" -> true;
      case "transport" -> false;
      default ->
          throw new RefusedException(CloseReason.MALFORMED, "ack has to be client or transport", 0);
    };
  }
}
