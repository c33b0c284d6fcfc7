package io.linkspan.protocol.frame;

import io.linkspan.protocol.ProtocolException;

/**
 * The frame of deployed mobile clients.
 *
 * <pre>
 *  offset  size  field
 *       0     2  type, unsigned, little-endian
 *       2     n  payload, up to the end of what carries the frame
 * </pre>
 *
 * <p>Types are below 256 in practice: old clients read only the low byte.
 */
public final class LegacyFrame {

  public static final int HEADER_LENGTH = 2;

  /** Payload is an {@code AckMessage}. */
  public static final int TYPE_ACK = 10;

  /** Payload is a {@code Message}. */
  public static final int TYPE_MESSAGE = 11;

  private LegacyFrame() {}

  /**
   * Returns the type of a frame, without reading the payload.
   *
   * @param length of the frame, with which the array begins
   * @throws ProtocolException when it is shorter than the header
   */
  public static int typeOf(byte[] frame, int length) {
    if (length < HEADER_LENGTH) {
      throw new ProtocolException(
          "a frame of " + length + " bytes has no room for its 2-byte type");
    }
    return (frame[0] & 0xFF) | (frame[1] & 0xFF) << 8;
  }

  /** Writes the header of a frame that begins at {@code offset}. */
  public static void encodeHeader(int type, byte[] bytes, int offset) {
    bytes[offset] = (byte) type;
    bytes[offset + 1] = (byte) (type >>> 8);
  }
}
