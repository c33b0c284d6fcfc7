package io.linkspan.framing;

import io.linkspan.framing.FramingConfig.LengthField;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.ByteOrder;

/**
 * The bytes in front of the contents of a frame, among them its length. Accepts and rejects what
 * Netty's {@code LengthFieldBasedFrameDecoder} does. Has no state.
 *
 * <pre>
 *  offset          size      field
 *       0        offset      header
 *  offset        length      bytes that follow this field, less adjustment
 *       …                    header, up to strip
 * </pre>
 */
public final class LengthHead {

  private final LengthField field;
  private final byte[] bytes;
  private final int end;
  private final int maxFrameSize;
  private final boolean bigEndian;

  LengthHead(LengthField field, int maxFrameSize) {
    this.field = field;
    this.maxFrameSize = maxFrameSize;
    bytes = field.header().getBytes();
    end = field.offset() + field.length();
    bigEndian = field.byteOrder() == ByteOrder.BIG_ENDIAN;
  }

  /** Returns the bytes in front of the contents. */
  public int size() {
    return bytes.length;
  }

  /** Returns the largest frame, this head included, whose length can be written. */
  int longestFrame() {
    long highest =
        field.length() >= Integer.BYTES
            ? Integer.MAX_VALUE
            : (1L << (Byte.SIZE * field.length())) - 1;
    return (int) Math.min(maxFrameSize, highest + end + field.adjustment());
  }

  /**
   * Returns the bytes of the frame at the reader index, this head included; the index stays.
   *
   * @return -1 while a part of the frame is missing
   * @throws CorruptedFrameException when no frame has this length
   * @throws TooLongFrameException when the frame is over the limit, although a part is missing
   */
  public int wholeFrame(ByteBuf in) {
    int available = in.readableBytes();
    if (available < end) {
      return -1;
    }
    long stated = length(in, in.readerIndex() + field.offset());
    long size = stated + field.adjustment() + end;
    if (stated < 0 || size < end) {
      throw new CorruptedFrameException("no frame has a length of " + stated);
    }
    if (size > maxFrameSize) {
      throw new TooLongFrameException("a frame has more than " + maxFrameSize + " bytes");
    }
    if (available < size) {
      return -1;
    }
    if (size < bytes.length) {
      throw new CorruptedFrameException("a frame of " + size + " bytes has no room for its head");
    }
    return (int) size;
  }

  private long length(ByteBuf in, int at) {
    long value = 0;
    for (int i = 0; i < field.length(); i++) {
      value = value << Byte.SIZE | in.getUnsignedByte(at + (bigEndian ? i : lastByte() - i));
    }
    return value;
  }

  /** Writes the head of a frame with which an array begins; the contents are there already. */
  void write(byte[] frame, int size) {
    System.arraycopy(bytes, 0, frame, 0, bytes.length);
    long value = (long) size - end - field.adjustment();
    for (int i = 0; i < field.length(); i++) {
      frame[field.offset() + (bigEndian ? lastByte() - i : i)] = (byte) (value >>> (Byte.SIZE * i));
    }
  }

  private int lastByte() {
    return field.length() - 1;
  }
}
