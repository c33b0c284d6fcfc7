package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.function.Consumer;

/** Engine.IO 4's polling payload: packets as text, {@code 0x1E} between them, in UTF-8. */
final class V4Payload {
  private static final char SEPARATOR = 0x1e;

  private V4Payload() {}

  static Buffer encode(List<EnginePacket> packets) {
    if (packets.size() == 1) {
      return Buffer.buffer(packets.get(0).textForm(Generation.V4));
    }
    var text = new StringBuilder();
    for (EnginePacket packet : packets) {
      if (text.length() > 0) {
        text.append(SEPARATOR);
      }
      text.append(packet.textForm(Generation.V4));
    }
    return Buffer.buffer(text.toString());
  }

  /**
   * Hands over each packet in turn.
   *
   * @throws ProtocolException at the first that is none, when those before it are already handed
   *     over; an empty packet is none
   */
  static void decode(Buffer body, Consumer<EnginePacket> packets) {
    String text = StrictUtf8.decode(body);
    int count = 0;
    int start = 0;
    for (int end = 0; end >= 0; start = end + 1) {
      end = text.indexOf(SEPARATOR, start);
      if (++count > V3Payload.MAX_PACKETS) {
        throw new ProtocolException("too many packets in one payload");
      }
      String packet = end < 0 ? text.substring(start) : text.substring(start, end);
      packets.accept(EnginePacket.decodeText(packet, Generation.V4));
    }
  }
}
