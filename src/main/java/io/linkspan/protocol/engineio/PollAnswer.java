package io.linkspan.protocol.engineio;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/** The body of a poll's answer and its content type. */
record PollAnswer(String contentType, Buffer body) {
  private static final String TEXT = "text/plain; charset=UTF-8";
  private static final String BINARY = "application/octet-stream";

  /** The forms of the payloads of Engine.IO 3 that one client reads. */
  enum Form {
    /** Text, with binary data as base64. */
    TEXT,
    /** Either form; the binary one is used for payloads that have binary data. */
    EITHER,
    /** Always the binary form: the oldest browser clients ignore the body of any other. */
    BINARY;

    static Form of(EngineRequest handshake) {
      if (handshake.base64()) {
        return TEXT;
      }
      return handshake.isOldest() ? BINARY : EITHER;
    }
  }

  // The body is loaded as a script, and a browser with "nosniff" runs nothing else.
  private static final String SCRIPT = "text/javascript; charset=UTF-8";

  /**
   * Encodes a batch.
   *
   * @param jsonp the callback's index, or null
   */
  static PollAnswer of(List<EnginePacket> packets, Generation generation, Form form, String jsonp) {
    if (generation == Generation.V4) {
      return new PollAnswer(TEXT, V4Payload.encode(packets));
    }
    if (jsonp != null) {
      return new PollAnswer(SCRIPT, Jsonp.encode(jsonp, V3Payload.encodeText(packets)));
    }
    boolean binary =
        form == Form.BINARY
            || (form == Form.EITHER && packets.stream().anyMatch(EnginePacket::isBinary));
    return binary
        ? new PollAnswer(BINARY, V3Payload.encodeBinary(packets))
        : new PollAnswer(TEXT, V3Payload.encodeText(packets));
  }

  <X, W> EngineWrite<X, W> to(X exchange) {
    return new EngineWrite.Respond<>(exchange, 200, contentType, body, false);
  }
}
