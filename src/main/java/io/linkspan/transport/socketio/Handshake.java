package io.linkspan.transport.socketio;

import io.linkspan.admission.Admission;
import io.linkspan.admission.Identity;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.session.Attachment;
import io.linkspan.translate.ClosingTranslator;
import io.vertx.core.json.JsonObject;

/** Decides who a client is, and whether it is admitted, when it joins its first namespace. */
record Handshake(
    IdentityProvider identities,
    Admission admission,
    boolean acknowledgesByDefault,
    boolean recoveryByDefault) {

  /** When a client whose user has too many connections may retry. */
  private static final long TOO_MANY_RETRY_MS = 5_000;

  /** When a client may retry after a failure. */
  private static final long FAILED_RETRY_MS = 1_000;

  /** The client is admitted. */
  record Admitted(Identity identity, Attachment attachment) {}

  /** The client is refused. */
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

  Admitted admit(SocketEvent.ConnectRequested request, boolean old) throws RefusedException {
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
    return new Admitted(identity, attachment(acknowledges, request, old, auth));
  }

  /**
   * A client names its former session with {@code session}, one of Socket.IO 4 also with {@code
   * pid}.
   */
  private Attachment attachment(
      boolean acknowledges, SocketEvent.ConnectRequested request, boolean old, JsonObject auth)
      throws RefusedException {
    String token = parameter("session", auth, request);
    boolean announce = token != null;
    if (old) {
      return new Attachment(acknowledges, token, announce, false);
    }
    if (request.recovery() != null) {
      token = request.recovery().pid();
    } else if (token == null && recoveryByDefault) {
      token = "";
    }
    return new Attachment(acknowledges, token, announce, true);
  }

  /** Returns the refusal of a client whose session could not begin. */
  static RefusedException refusal(Throwable failure) {
    return MessageException.from(failure).code() == ErrorCode.RATE_LIMITED
        ? new RefusedException(
            CloseReason.RATE_LIMITED, "this user has too many connections", TOO_MANY_RETRY_MS)
        : new RefusedException(
            CloseReason.SERVER_ERROR, "the gateway can not take clients now", FAILED_RETRY_MS);
  }

  /** Returns the data of a {@code closing} event and of a refusal. */
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
