package io.linkspan.upstream.tcp;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;

/** Reads a service's Message as the outcome of the Message that it answers. */
final class TcpAnswer {

  private TcpAnswer() {}

  /** Returns whether the answer is an error, of the same form as the gateway's own. */
  static boolean isRefusal(Message answer) {
    return answer.getType().equals(ErrorTranslator.TYPE);
  }

  /**
   * Reads a refusal. A known error code is passed on unchanged. An unknown code, or a body that is
   * not JSON, becomes {@code internal} with the text that there is.
   */
  static BackendException refusal(Message answer) {
    ErrorCode code = ErrorCode.INTERNAL;
    String text = answer.getBody();
    long retryAfterMs = 0;
    try {
      JsonObject body = new JsonObject(answer.getBody());
      code = codeOf(body.getValue("code"));
      if (body.getValue("message") instanceof String message) {
        text = message;
      }
      if (body.getValue("retryAfterMs") instanceof Number pause) {
        retryAfterMs = Math.max(0, pause.longValue());
      }
    } catch (DecodeException e) {
      // A body that is not JSON is the text.
    }
    return new BackendException(kindOf(code), new MessageException(code, text, retryAfterMs), null);
  }

  private static ErrorCode codeOf(Object name) {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.code().equals(name)) {
        return code;
      }
    }
    return ErrorCode.INTERNAL;
  }

  private static Kind kindOf(ErrorCode code) {
    return switch (code) {
      case UNAVAILABLE, TIMEOUT, QUEUE_FULL, INTERNAL -> Kind.ERROR;
      default -> Kind.REFUSED;
    };
  }
}
