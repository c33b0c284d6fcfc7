package io.linkspan.framing;

import com.google.protobuf.MessageLite;
import io.linkspan.api.Message;
import io.linkspan.framing.FramingConfig.Compression;
import io.linkspan.framing.FramingConfig.LengthField;
import io.linkspan.protocol.frame.LegacyFrame;
import io.linkspan.translate.BinaryTranslator;
import io.linkspan.translate.MessageLimits;
import io.linkspan.translate.ScratchFrame;

/** Frames that start with their length, a {@link LengthHead}, and contain the binary form. */
final class LengthFieldFraming extends Framing {

  private final LengthField field;
  private final LengthHead head;
  private final boolean compressed;
  private final int longest;

  LengthFieldFraming(FramingConfig config) {
    super(config);
    field = config.lengthField();
    head = new LengthHead(field, config.maxFrameSize());
    compressed = config.compression() != Compression.NONE;
    longest = head.longestFrame();
  }

  @Override
  public int longest() {
    return longest;
  }

  @Override
  public int longestMessage() {
    return longest - head.size() - LegacyFrame.HEADER_LENGTH;
  }

  @Override
  public MessageLite decode(byte[] frame, int length, MessageLimits limits) {
    return BinaryTranslator.decode(frame, length, limits);
  }

  @Override
  public byte[] encode(Message message) {
    return finish(BinaryTranslator.encode(message, head.size()));
  }

  @Override
  public byte[] encodeAck(String eventId) {
    return finish(BinaryTranslator.encodeAck(eventId, head.size()));
  }

  @Override
  public ScratchFrame scratch(Message message, int size) {
    return finish(ScratchFrame.of(message, size, head.size()));
  }

  @Override
  public ScratchFrame scratchAck(String eventId) {
    return finish(ScratchFrame.ofAck(eventId, head.size()));
  }

  @Override
  public LengthHead plainHead() {
    return compressed ? null : head;
  }

  @Override
  Decoder newDecoder(FramingConfig config) {
    return Decoders.ofLengths(config.maxFrameSize(), field);
  }

  private byte[] finish(byte[] frame) {
    head.write(frame, frame.length);
    return frame;
  }

  private ScratchFrame finish(ScratchFrame frame) {
    if (frame != null) {
      head.write(frame.bytes(), frame.length());
    }
    return frame;
  }
}
