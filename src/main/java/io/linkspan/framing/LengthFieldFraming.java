package io.linkspan.framing;

import com.google.protobuf.MessageLite;
import io.linkspan.api.Message;
import io.linkspan.framing.FramingConfig.LengthField;
import io.linkspan.protocol.frame.LegacyFrame;
import io.linkspan.translate.BinaryTranslator;
import io.linkspan.translate.MessageLimits;
import io.netty.buffer.ByteBuf;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteOrder;

/**
 * Frames that start with their length and contain the binary form.
 *
 * <pre>
 *  offset          size      field
 *       0        offset      header
 *  offset        length      bytes that follow this field, less adjustment
 *       …                    header, up to strip
 *   strip             n      binary frame
 * </pre>
 */
final class LengthFieldFraming extends Framing {

  private final LengthField field;
  private final byte[] header;
  private final int longest;

  LengthFieldFraming(FramingConfig config) {
    super(config);
    field = config.lengthField();
    header = field.header().getBytes();
    long highest =
        field.length() >= Integer.BYTES ? Integer.MAX_VALUE : (1L << (8 * field.length())) - 1;
    longest = (int) Math.min(config.maxFrameSize(), highest + lengthEnd() + field.adjustment());
  }

  @Override
  public int longest() {
    return longest;
  }

  @Override
  public int longestMessage() {
    return longest - header.length - LegacyFrame.HEADER_LENGTH;
  }

  @Override
  public MessageLite decode(ByteBuf frame, MessageLimits limits) {
    return BinaryTranslator.decode(BufferInternal.buffer(frame), limits);
  }

  @Override
  public byte[] encode(Message message) {
    return finish(BinaryTranslator.encode(message, header.length));
  }

  @Override
  public byte[] encodeAck(String eventId) {
    return finish(BinaryTranslator.encodeAck(eventId, header.length));
  }

  @Override
  Decoder newDecoder(FramingConfig config) {
    return Decoders.ofLengths(config.maxFrameSize(), field);
  }

  private int lengthEnd() {
    return field.offset() + field.length();
  }

  private byte[] finish(byte[] frame) {
    System.arraycopy(header, 0, frame, 0, header.length);
    long value = (long) frame.length - lengthEnd() - field.adjustment();
    boolean bigEndian = field.byteOrder() == ByteOrder.BIG_ENDIAN;
    for (int i = 0; i < field.length(); i++) {
      int at = bigEndian ? lengthEnd() - 1 - i : field.offset() + i;
      frame[at] = (byte) (value >>> (8 * i));
    }
    return frame;
  }
}
