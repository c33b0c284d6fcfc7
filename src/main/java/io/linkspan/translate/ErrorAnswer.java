package io.linkspan.translate;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;

/**
 * Reads a Message of type {@code error} that a service answers with. It is a refusal from every
 * kind of service, and never an answer.
 */
public final class ErrorAnswer {

  private static final Duration MAX_RETRY_AFTER = Duration.ofDays(1);
  private static final int LONGEST_TEXT = 500;

  private ErrorAnswer() {}

  /** Returns whether the answer is an error, of the same form as the gateway's own. */
  public static boolean isError(Message answer) {
    return answer.getType().equals(ReservedTypes.ERROR);
  }

  /**
   * Reads the refusal. A known error code is passed on unchanged. An unknown code, or a body that
   * is not JSON, becomes {@code internal} with the text that there is.
   */
  public static MessageException refusal(Message answer) {
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
        retryAfterMs = boundedRetryAfter(pause.longValue());
      }
    } catch (DecodeException e) {
      // A body that is not JSON is the text.
    }
    return new MessageException(code, shortened(text), retryAfterMs);
  }

  /** Bounds the time to retry after that a service chose. */
  public static long boundedRetryAfter(long ms) {
    return Math.max(0, Math.min(ms, MAX_RETRY_AFTER.toMillis()));
  }

  /** Shortens a text of a service for a client. */
  public static String shortened(String text) {
    if (text.length() <= LONGEST_TEXT) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1)) ? 1 : 0;
    return text.substring(0, LONGEST_TEXT - end) + '…';
  }

  private static ErrorCode codeOf(Object name) {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.code().equals(name)) {
        return code;
      }
    }
    return ErrorCode.INTERNAL;
  }
}
