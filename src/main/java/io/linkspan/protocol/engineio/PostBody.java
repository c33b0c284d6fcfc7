package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import java.util.function.Consumer;

/** The body of a POST while it arrives. */
final class PostBody<X> {
  private static final String BINARY_TYPE = "application/octet-stream";

  private final X exchange;
  private final boolean jsonp;
  private final boolean binary;
  private final long deadline;
  private Buffer bytes = Buffer.buffer();
  private boolean owned;

  PostBody(X exchange, boolean jsonp, String contentType, long deadline) {
    this.exchange = exchange;
    this.jsonp = jsonp;
    this.binary = isBinary(contentType);
    this.deadline = deadline;
  }

  static boolean isBinary(String contentType) {
    if (contentType == null) {
      return false;
    }
    int parameters = contentType.indexOf(';');
    String type = parameters < 0 ? contentType : contentType.substring(0, parameters);
    return type.strip().toLowerCase(Locale.ROOT).equals(BINARY_TYPE);
  }

  X exchange() {
    return exchange;
  }

  long deadline() {
    return deadline;
  }

  int length() {
    return bytes.length();
  }

  /** Adds a part, unless the body would then be longer than the limit. */
  boolean append(Buffer chunk, int limit) {
    if (chunk.length() > limit - bytes.length()) {
      return false;
    }
    if (bytes.length() == 0) {
      // Most bodies are one chunk, which then need not be copied.
      bytes = chunk;
    } else {
      if (!owned) {
        bytes = Buffer.buffer(2 * (bytes.length() + chunk.length())).appendBuffer(bytes);
        owned = true;
      }
      bytes.appendBuffer(chunk);
    }
    return true;
  }

  /**
   * Hands over each packet in turn.
   *
   * @throws ProtocolException at the first that is none, when those before it are already handed
   *     over
   */
  void decode(Generation generation, V3TextEncoding encoding, Consumer<EnginePacket> packets) {
    if (generation == Generation.V4) {
      V4Payload.decode(bytes, packets);
    } else if (binary) {
      V3Payload.decodeBinary(bytes, packets);
    } else {
      V3Payload.decodeText(
          jsonp ? Jsonp.decode(bytes) : StrictUtf8.decode(bytes), encoding, packets);
    }
  }
}
