package io.linkspan.translate;

import io.linkspan.api.Message;
import io.vertx.core.json.JsonObject;

/** Tells a client why its link ends, where the wire itself has no word for that. */
public final class ClosingTranslator {

  /** The type of the last Message of a link. */
  public static final String TYPE = "closing";

  private ClosingTranslator() {}

  /**
   * The goodbye as a Message.
   *
   * @param code number of the reason
   * @param reason its name
   * @param retryAfterMs when coming back makes sense; 0 says nothing
   */
  public static Message toMessage(int code, String reason, long retryAfterMs) {
    return Message.newBuilder()
        .setType(TYPE)
        .setContentType("application/json")
        .setBody(toJson(code, reason, retryAfterMs).encode())
        .build();
  }

  /** The same as {@code {"code","reason","retryAfterMs"?}}. */
  public static JsonObject toJson(int code, String reason, long retryAfterMs) {
    JsonObject json = new JsonObject().put("code", code).put("reason", reason);
    return retryAfterMs > 0 ? json.put("retryAfterMs", retryAfterMs) : json;
  }
}
