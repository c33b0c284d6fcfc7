package io.linkspan.protocol.websocket;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Head of a WebSocket frame (RFC 6455, section 5.2). Numbers are big-endian.
 *
 * <pre>
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-------+-+-------------+-------------------------------+
 *   |F|R|R|R| opcode|M| length: <126, or 126 and 16 bits,           |
 *   |I|S|S|S|  (4)  |A|              or 127 and 64 bits             |
 *   |N|V|V|V|       |S| ............................................|
 *   | |1|2|3|       |K| masking key of 32 bits if MASK is set       |
 *   +-+-+-+-+-------+-+---------------------------------------------+
 * </pre>
 *
 * @param length bytes of the payload
 * @param size bytes of the head
 * @param mask the masking key
 */
public record FrameHead(
    int opcode, boolean last, boolean compressed, int length, int size, int mask) {

  public static final int CONTINUATION = 0x0;
  public static final int TEXT = 0x1;
  public static final int BINARY = 0x2;
  public static final int CLOSE = 0x8;
  public static final int PING = 0x9;
  public static final int PONG = 0xA;

  /** Bytes of the longest head of a frame to a client. */
  public static final int MAX_SIZE = 10;

  private static final int FIN = 0x80;
  private static final int COMPRESSED = 0x40;
  private static final int RESERVED = 0x30;
  private static final int OPCODE = 0x0F;
  private static final int CONTROL = 0x08;
  private static final int MASKED = 0x80;
  private static final int LENGTH = 0x7F;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;
  private static final int MAX_CONTROL = 125;
  private static final int MAX_16 = 0xFFFF;
  private static final int MASK_SIZE = 4;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /**
   * Reads the head of a client's frame, which begins at the reader index; the index stays.
   *
   * @param compression whether messages may be compressed
   * @param maxLength bytes of the largest payload
   * @return null while a part of the head is missing
   * @throws WebSocketViolationException when the protocol does not allow the frame, or its payload
   *     is over the limit
   */
  public static FrameHead read(ByteBuf in, boolean compression, int maxLength) {
    int available = in.readableBytes();
    if (available < 2) {
      return null;
    }
    int at = in.readerIndex();
    int first = in.getUnsignedByte(at);
    int second = in.getUnsignedByte(at + 1);
    int opcode = first & OPCODE;
    boolean compressed = (first & COMPRESSED) != 0;
    check((first & RESERVED) == 0, "a reserved bit is set");
    check((second & MASKED) != 0, "a frame is not masked");
    check(opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG), "an unknown opcode");
    check(
        !compressed || (compression && (opcode == TEXT || opcode == BINARY)),
        "a frame is compressed that must not be");
    int short7 = second & LENGTH;
    check(
        opcode < CONTROL || ((first & FIN) != 0 && short7 <= MAX_CONTROL),
        "a control frame is a fragment or too long");
    int extended = short7 == LENGTH_16 ? 2 : short7 == LENGTH_64 ? Long.BYTES : 0;
    int size = 2 + extended + MASK_SIZE;
    if (available < size - MASK_SIZE) {
      return null;
    }
    long length =
        switch (extended) {
          case 0 -> short7;
          case 2 -> in.getUnsignedShort(at + 2);
          default -> in.getLong(at + 2);
        };
    check(
        extended == 0 || length > (extended == 2 ? MAX_CONTROL : MAX_16),
        "a length is longer than necessary");
    if (length > maxLength) {
      throw new WebSocketViolationException(
          WebSocketViolation.TOO_LARGE, "a frame of more than " + maxLength + " bytes");
    }
    if (available < size) {
      return null;
    }
    return new FrameHead(
        opcode,
        (first & FIN) != 0,
        compressed,
        (int) length,
        size,
        in.getInt(at + size - MASK_SIZE));
  }

  private static void check(boolean allowed, String breach) {
    if (!allowed) {
      throw new WebSocketViolationException(WebSocketViolation.PROTOCOL_ERROR, breach);
    }
  }

  /** Returns whether the whole frame has arrived. */
  public boolean isWhole(ByteBuf in) {
    return in.readableBytes() - size >= length;
  }

  /** Reads the head and the payload, which it unmasks (section 5.3). The whole frame is there. */
  public byte[] readPayload(ByteBuf in) {
    byte[] payload = new byte[length];
    readPayload(in, payload);
    return payload;
  }

  /**
   * Reads the head and the payload into an array that is long enough, as {@link
   * #readPayload(ByteBuf)}.
   */
  public void readPayload(ByteBuf in, byte[] payload) {
    in.skipBytes(size).readBytes(payload, 0, length);
    long mask64 = ((long) mask << Integer.SIZE) | (mask & 0xFFFF_FFFFL);
    int i = 0;
    for (; i <= length - Long.BYTES; i += Long.BYTES) {
      LONGS.set(payload, i, (long) LONGS.get(payload, i) ^ mask64);
    }
    for (; i < length; i++) {
      payload[i] ^= (byte) (mask >>> (Integer.SIZE - Byte.SIZE * (1 + i % MASK_SIZE)));
    }
  }

  /** Skips the head and the payload. The whole frame is there. */
  public void skip(ByteBuf in) {
    in.skipBytes(size + length);
  }

  /** Writes the head of a whole message, or of a control frame, to a client. */
  public static void write(ByteBuf out, int opcode, boolean compressed, int length) {
    out.writeByte(FIN | (compressed ? COMPRESSED : 0) | opcode);
    if (length <= MAX_CONTROL) {
      out.writeByte(length);
    } else if (length <= MAX_16) {
      out.writeByte(LENGTH_16).writeShort(length);
    } else {
      out.writeByte(LENGTH_64).writeLong(length);
    }
  }
}
