package io.linkspan.api.stream;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.json.JsonObject;

/** The last Message of a streamed answer that fails. Pure. */
public final class StreamFailure {

  private StreamFailure() {}

  /** Returns the Message without its recipient and its stream. */
  public static Message.Builder of(MessageException why) {
    return Message.newBuilder()
        .setContentType("application/json")
        .setBody(
            new JsonObject()
                .put("code", why.code().code())
                .put("message", why.getMessage())
                .encode())
        .putHeaders(Headers.STREAM_END, why.code().code());
  }
}
