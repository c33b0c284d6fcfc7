package io.linkspan.translate;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/** Writes the Message of type {@code error} that refuses a Message of a client. */
public final class ErrorTranslator {

  private ErrorTranslator() {}

  /**
   * Returns the refusal as a Message.
   *
   * @param replyTo eventId of the refused Message; empty when it could not be read
   */
  public static Message toMessage(String replyTo, MessageException why) {
    return Message.newBuilder()
        .setType(ReservedTypes.ERROR)
        .setReplyTo(replyTo)
        .setCreateAt(Instant.ofEpochMilli(System.currentTimeMillis()).toString())
        .setContentType("application/json")
        .setBody(toJson(why).encode())
        .build();
  }

  /** Returns {@code {"code","message","retryAfterMs"?}}, the body of an error, also over HTTP. */
  public static JsonObject toJson(MessageException why) {
    JsonObject json =
        new JsonObject().put("code", why.code().code()).put("message", why.getMessage());
    return why.retryAfterMs() > 0 ? json.put("retryAfterMs", why.retryAfterMs()) : json;
  }
}
