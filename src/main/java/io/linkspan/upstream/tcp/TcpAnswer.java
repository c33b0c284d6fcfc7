package io.linkspan.upstream.tcp;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;

/** What a service's Message means for the one it answers. */
final class TcpAnswer {

  private TcpAnswer() {}

  /** Whether the service refuses, in the way in which the gateway itself does. */
  static boolean isRefusal(Message answer) {
    return answer.getType().equals(ErrorTranslator.TYPE);
  }

  /**
   * Reads a refusal. A code of the gateway's is told as it is, any other, and a body that is no
   * JSON, as {@code internal} with what there is to read.
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
      // The body is the text.
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
