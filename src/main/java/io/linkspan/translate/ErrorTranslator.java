package io.linkspan.translate;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/** Makes the Message of type {@code error} that tells a client why one of its own was refused. */
public final class ErrorTranslator {

  /** The type of a Message that refuses another one. */
  public static final String TYPE = "error";

  private ErrorTranslator() {}

  /**
   * The refusal as a Message.
   *
   * @param replyTo eventId of what is refused; empty when it could not be read
   */
  public static Message toMessage(String replyTo, MessageException why) {
    return Message.newBuilder()
        .setType(TYPE)
        .setReplyTo(replyTo)
        .setCreateAt(Instant.now().toString())
        .setContentType("application/json")
        .setBody(toJson(why).encode())
        .build();
  }

  /** {@code {"code","message","retryAfterMs"?}}, as in the body of an error and over HTTP. */
  public static JsonObject toJson(MessageException why) {
    JsonObject json =
        new JsonObject().put("code", why.code().code()).put("message", why.getMessage());
    return why.retryAfterMs() > 0 ? json.put("retryAfterMs", why.retryAfterMs()) : json;
  }
}
