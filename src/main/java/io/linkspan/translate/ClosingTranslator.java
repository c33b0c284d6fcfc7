package io.linkspan.translate;

import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import io.vertx.core.json.JsonObject;

/** Writes the reason for the end of a link, for transports without a close code. */
public final class ClosingTranslator {

  private ClosingTranslator() {}

  /**
   * Returns the last Message of a link.
   *
   * @param code number of the reason
   * @param reason its name
   * @param retryAfterMs time until a reconnect makes sense; 0 is omitted
   */
  public static Message toMessage(int code, String reason, long retryAfterMs) {
    return Message.newBuilder()
        .setType(ReservedTypes.CLOSING)
        .setContentType("application/json")
        .setBody(toJson(code, reason, retryAfterMs).encode())
        .build();
  }

  /** Returns the reason as JSON, {@code {"code","reason","retryAfterMs"?}}. */
  public static JsonObject toJson(int code, String reason, long retryAfterMs) {
    JsonObject json = new JsonObject().put("code", code).put("reason", reason);
    return retryAfterMs > 0 ? json.put("retryAfterMs", retryAfterMs) : json;
  }
}
