package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import java.util.Base64;

/**
 * One Engine.IO packet, immutable. A text packet is its own encoding, the same in both generations;
 * a binary one makes each of its encodings once and keeps it, so that a packet for a thousand
 * members is encoded once. Shared by the sessions of one event loop, not by several.
 *
 * <pre>
 *   text              digit of the type, text              "4hello"
 *   binary       v3   number 4, data                       04 01 02      v4   data      01 02
 *   as base64    v3   "b4", base64                         "b4AQI="      v4   "b", …    "bAQI="
 * </pre>
 */
public final class EnginePacket implements EngineEvent {
  static final EnginePacket CLOSE = new EnginePacket(PacketType.CLOSE, "1", null);
  static final EnginePacket PING = new EnginePacket(PacketType.PING, "2", null);
  static final EnginePacket PONG = new EnginePacket(PacketType.PONG, "3", null);
  static final EnginePacket PROBE_ANSWER = new EnginePacket(PacketType.PONG, "3probe", null);
  static final EnginePacket NOOP = new EnginePacket(PacketType.NOOP, "6", null);

  private static final byte MESSAGE_BYTE = 0x04;
  // Cost of a queued packet beside its content.
  private static final int OVERHEAD = 32;

  private final PacketType type;
  private final String encoded;
  private final Binary binary;

  /** Where JSON begins in the encoded text, or 0 when nothing is known of any. */
  private final int jsonStart;

  private EnginePacket(PacketType type, String encoded, Binary binary) {
    this(type, encoded, binary, 0);
  }

  private EnginePacket(PacketType type, String encoded, Binary binary, int jsonStart) {
    this.type = type;
    this.encoded = encoded;
    this.binary = binary;
    this.jsonStart = jsonStart;
  }

  /** Returns a text message. */
  public static EnginePacket message(String text) {
    return new EnginePacket(PacketType.MESSAGE, "4" + text, null);
  }

  /** Returns a text message whose text already starts with its type. Saves a copy of the text. */
  public static EnginePacket encodedMessage(String encoded) {
    return encodedMessage(encoded, 0);
  }

  /**
   * Returns a text message whose text already starts with its type and is JSON from a position on.
   * Characters there can be escaped if a client needs that; 0 for no JSON.
   */
  public static EnginePacket encodedMessage(String encoded, int jsonStart) {
    if (encoded.isEmpty() || encoded.charAt(0) != '4') {
      throw new IllegalArgumentException("not an encoded message");
    }
    return new EnginePacket(PacketType.MESSAGE, encoded, null, jsonStart);
  }

  /**
   * Returns a binary message. The buffer belongs to the packet from here on and must not change.
   */
  public static EnginePacket message(Buffer data) {
    return new EnginePacket(PacketType.MESSAGE, null, new Binary(data));
  }

  /** Returns the packet that opens a session. */
  static EnginePacket open(String sid, boolean upgrades, EngineConfig config) {
    String encoded =
        "0{\"sid\":"
            + JsonText.quote(sid)
            + ",\"upgrades\":["
            + (upgrades ? JsonText.quote(EngineRequest.WEBSOCKET) : "")
            + "],\"pingInterval\":"
            + config.pingInterval().toMillis()
            + ",\"pingTimeout\":"
            + config.pingTimeout().toMillis()
            + ",\"maxPayload\":"
            + config.maxPayload()
            + '}';
    return new EnginePacket(PacketType.OPEN, encoded, null);
  }

  /** Returns the answer to a ping, with the same text. */
  static EnginePacket pong(EnginePacket ping) {
    return ping.encoded.length() == 1
        ? PONG
        : new EnginePacket(PacketType.PONG, "3" + ping.encoded.substring(1), null);
  }

  /**
   * Reads a text packet, or a binary one in base64.
   *
   * @throws ProtocolException if it is empty, of no known type, or not strictly base64; line breaks
   *     in base64 are allowed
   */
  public static EnginePacket decodeText(String text, Generation generation) {
    if (text.isEmpty()) {
      throw new ProtocolException("empty packet");
    }
    if (text.charAt(0) == 'b') {
      return message(decodeBase64(text, generation));
    }
    PacketType type = PacketType.ofDigit(text.charAt(0));
    if (type == null) {
      throw new ProtocolException("packet of unknown type");
    }
    return new EnginePacket(type, text, null);
  }

  /**
   * Reads a binary packet.
   *
   * @throws ProtocolException if a {@link Generation#V3} packet does not start with a message's
   *     type; other types are legal on paper, but no client sends them
   */
  public static EnginePacket decodeBinary(Buffer bytes, Generation generation) {
    if (generation == Generation.V4) {
      return message(bytes);
    }
    if (bytes.length() == 0 || bytes.getByte(0) != MESSAGE_BYTE) {
      throw new ProtocolException("binary packet that is not a message");
    }
    return message(bytes.slice(1, bytes.length()));
  }

  private static Buffer decodeBase64(String text, Generation generation) {
    int start = generation == Generation.V3 ? 2 : 1;
    if (generation == Generation.V3 && (text.length() < 2 || text.charAt(1) != '4')) {
      throw new ProtocolException("base64 packet that is not a message");
    }
    String base64 = text.substring(start);
    if (base64.indexOf('\n') >= 0) {
      // Java clients break the lines, and end even a short one.
      base64 = base64.replace("\r", "").replace("\n", "");
    }
    // The decoder of the JDK forgives missing padding, the protocol does not.
    if (base64.length() % 4 != 0) {
      throw new ProtocolException("base64 of a wrong length");
    }
    try {
      return Buffer.buffer(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw new ProtocolException("bad base64");
    }
  }

  public PacketType type() {
    return type;
  }

  public boolean isBinary() {
    return binary != null;
  }

  /** Returns a copy of the text behind the type; {@link #encoded()} does not copy. */
  public String text() {
    return encoded.substring(1);
  }

  /** Returns a text packet as on the wire, type first; null for a binary one. */
  public String encoded() {
    return encoded;
  }

  /** Returns the data of a binary message, without its type; null for a text one. */
  public Buffer data() {
    return binary == null ? null : binary.data;
  }

  /** Returns this packet as text, binary data as base64. */
  String textForm(Generation generation) {
    return binary == null ? encoded : binary.base64(generation);
  }

  /** Returns this packet as text that holds no character beyond ASCII where JSON can escape it. */
  String asciiForm(Generation generation) {
    if (jsonStart == 0 || isAscii(encoded)) {
      return textForm(generation);
    }
    var out = new StringBuilder(encoded.length() + 64).append(encoded, 0, jsonStart);
    for (int i = jsonStart; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c < 0x80) {
        out.append(c);
      } else {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          out.append(Character.forDigit(c >> shift & 0xf, 16));
        }
      }
    }
    return out.toString();
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /** Returns a binary packet as bytes. */
  Buffer binaryForm(Generation generation) {
    return generation == Generation.V4 ? binary.data : binary.typed();
  }

  /** Returns the weight of this packet in a queue. */
  int weight() {
    return OVERHEAD + (binary == null ? encoded.length() : binary.data.length());
  }

  @Override
  public String toString() {
    return isBinary() ? "MESSAGE of " + binary.data.length() + " bytes" : type.toString();
  }

  /** Data with the encodings that have been asked for. */
  private static final class Binary {
    private final Buffer data;
    private Buffer typed;
    private String base64V3;
    private String base64V4;

    Binary(Buffer data) {
      this.data = data;
    }

    Buffer typed() {
      if (typed == null) {
        typed = Buffer.buffer(1 + data.length()).appendByte(MESSAGE_BYTE).appendBuffer(data);
      }
      return typed;
    }

    String base64(Generation generation) {
      if (generation == Generation.V3) {
        if (base64V3 == null) {
          base64V3 = "b4" + Base64.getEncoder().encodeToString(data.getBytes());
        }
        return base64V3;
      }
      if (base64V4 == null) {
        base64V4 = "b" + Base64.getEncoder().encodeToString(data.getBytes());
      }
      return base64V4;
    }
  }
}
