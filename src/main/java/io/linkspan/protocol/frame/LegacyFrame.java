package io.linkspan.protocol.frame;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;

/**
 * The frame of the mobile clients in the field.
 *
 * <pre>
 *  offset  size  field
 *       0     2  type, unsigned, little-endian
 *       2     n  payload, up to the end of what carries the frame
 * </pre>
 *
 * @param type at most 0xFF in practice: old clients read only the low byte
 * @param payload a view of the bytes the frame was decoded from
 */
public record LegacyFrame(int type, Buffer payload) {

  public static final int HEADER_LENGTH = 2;

  /** Payload is an {@code AckMessage}. */
  public static final int TYPE_ACK = 10;

  /** Payload is a {@code Message}. */
  public static final int TYPE_MESSAGE = 11;

  /**
   * Reads a frame; the payload is not looked at.
   *
   * @throws ProtocolException when there is no room for the header
   */
  public static LegacyFrame decode(Buffer bytes) {
    if (bytes.length() < HEADER_LENGTH) {
      throw new ProtocolException(
          "a frame of " + bytes.length() + " bytes has no room for its 2-byte type");
    }
    return new LegacyFrame(bytes.getUnsignedShortLE(0), bytes.slice(HEADER_LENGTH, bytes.length()));
  }

  /** Writes the header of a frame that begins at {@code offset}. */
  public static void encodeHeader(int type, byte[] bytes, int offset) {
    bytes[offset] = (byte) type;
    bytes[offset + 1] = (byte) (type >>> 8);
  }
}
