package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/**
 * Engine.IO 3's polling payloads.
 *
 * <pre>
 *   text      length in UTF-16 units, decimal · ':' · packet          repeated
 *   binary    kind, 0 text or 1 binary · length in bytes, one decimal digit 0..9 per byte · FF ·
 *             packet                                                  repeated
 * </pre>
 *
 * <p>Socket.IO clients 1.x encode the packets of the text form as UTF-8 before they are encoded as
 * UTF-8 with the payload, and expect the same; 2.x clients do not. Characters that JSON can escape
 * are therefore sent as ASCII, which both read alike; {@link V3TextEncoding} decides how to read.
 */
final class V3Payload {
  /** Most packets in one body; without a limit, empty packets fill the heap. */
  static final int MAX_PACKETS = 65_536;

  private static final int MAX_DIGITS = 10;
  private static final int LENGTH_END = 0xff;
  private static final int TEXT = 0;
  private static final int BINARY = 1;

  private V3Payload() {}

  static Buffer encodeText(List<EnginePacket> packets) {
    var text = new StringBuilder();
    for (EnginePacket packet : packets) {
      String encoded = packet.asciiForm(Generation.V3);
      text.append(encoded.length()).append(':').append(encoded);
    }
    return Buffer.buffer(text.isEmpty() ? "0:" : text.toString());
  }

  static Buffer encodeBinary(List<EnginePacket> packets) {
    Buffer out = Buffer.buffer();
    for (EnginePacket packet : packets) {
      if (packet.isBinary()) {
        Buffer bytes = packet.binaryForm(Generation.V3);
        appendHeader(out, BINARY, bytes.length()).appendBuffer(bytes);
      } else {
        byte[] bytes = packet.encoded().getBytes(StandardCharsets.UTF_8);
        appendHeader(out, TEXT, bytes.length).appendBytes(bytes);
      }
    }
    return out;
  }

  private static Buffer appendHeader(Buffer out, int kind, int length) {
    out.appendByte((byte) kind);
    String digits = Integer.toString(length);
    for (int i = 0; i < digits.length(); i++) {
      out.appendByte((byte) (digits.charAt(i) - '0'));
    }
    return out.appendByte((byte) LENGTH_END);
  }

  /**
   * Hands over each packet of the text form in turn; a packet of no length is skipped.
   *
   * @throws ProtocolException at the first that is none, when those before it are already handed
   *     over
   */
  static void decodeText(String text, V3TextEncoding encoding, Consumer<EnginePacket> packets) {
    if (text.isEmpty()) {
      throw new ProtocolException("empty payload");
    }
    int count = 0;
    int at = 0;
    while (at < text.length()) {
      int colon = at;
      long length = 0;
      for (; colon < text.length() && text.charAt(colon) != ':'; colon++) {
        length = nextDigit(length, text.charAt(colon) - '0', colon - at);
      }
      if (colon == at || colon == text.length()) {
        throw new ProtocolException("packet without a length");
      }
      if (colon - at > 1 && text.charAt(at) == '0') {
        throw new ProtocolException("packet length with leading zeros");
      }
      at = colon + 1;
      if (length > text.length() - at) {
        throw new ProtocolException("packet length beyond the payload");
      }
      if (++count > MAX_PACKETS) {
        throw new ProtocolException("too many packets in one payload");
      }
      if (length > 0) {
        int end = at + (int) length;
        String packet = encoding.decode(text.substring(at, end));
        packets.accept(EnginePacket.decodeText(packet, Generation.V3));
        at = end;
      }
    }
  }

  /**
   * Hands over each packet of the binary form in turn.
   *
   * @throws ProtocolException at the first that is none, when those before it are already handed
   *     over
   */
  static void decodeBinary(Buffer body, Consumer<EnginePacket> packets) {
    if (body.length() == 0) {
      throw new ProtocolException("empty payload");
    }
    int count = 0;
    int at = 0;
    while (at < body.length()) {
      int kind = body.getByte(at++);
      if (kind != TEXT && kind != BINARY) {
        throw new ProtocolException("packet of unknown kind");
      }
      int digits = at;
      long length = 0;
      for (; at < body.length() && body.getUnsignedByte(at) != LENGTH_END; at++) {
        length = nextDigit(length, body.getByte(at), at - digits);
      }
      if (at == digits || at == body.length()) {
        throw new ProtocolException("packet without a length");
      }
      at++;
      if (length > body.length() - at) {
        throw new ProtocolException("packet length beyond the payload");
      }
      if (++count > MAX_PACKETS) {
        throw new ProtocolException("too many packets in one payload");
      }
      int end = at + (int) length;
      packets.accept(
          kind == BINARY
              ? EnginePacket.decodeBinary(body.slice(at, end), Generation.V3)
              : EnginePacket.decodeText(StrictUtf8.decode(body.getBytes(at, end)), Generation.V3));
      at = end;
    }
  }

  private static long nextDigit(long length, int digit, int position) {
    if (digit < 0 || digit > 9 || position >= MAX_DIGITS) {
      throw new ProtocolException("bad packet length");
    }
    return length * 10 + digit;
  }
}
