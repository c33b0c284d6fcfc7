package io.linkspan.protocol.engineio;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/** The body of a poll's answer, and what it is. */
record PollAnswer(String contentType, Buffer body) {
  private static final String TEXT = "text/plain; charset=UTF-8";
  private static final String BINARY = "application/octet-stream";
  // Loaded as a script, and a browser that was told not to guess runs nothing else.
  private static final String SCRIPT = "text/javascript; charset=UTF-8";

  /**
   * Encodes a batch.
   *
   * @param base64 the client takes no binary here
   * @param jsonp the callback's index, or null
   */
  static PollAnswer of(
      List<EnginePacket> packets, Generation generation, boolean base64, String jsonp) {
    if (generation == Generation.V4) {
      return new PollAnswer(TEXT, V4Payload.encode(packets));
    }
    if (jsonp != null) {
      return new PollAnswer(SCRIPT, Jsonp.encode(jsonp, V3Payload.encodeText(packets)));
    }
    return !base64 && packets.stream().anyMatch(EnginePacket::isBinary)
        ? new PollAnswer(BINARY, V3Payload.encodeBinary(packets))
        : new PollAnswer(TEXT, V3Payload.encodeText(packets));
  }

  <X, W> EngineWrite<X, W> to(X exchange) {
    return new EngineWrite.Respond<>(exchange, 200, contentType, body, false);
  }
}
