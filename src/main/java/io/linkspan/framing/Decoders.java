package io.linkspan.framing;

import io.linkspan.framing.FramingConfig.LengthField;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LineBasedFrameDecoder;

/** Netty's decoders of frames, which also report how much they keep of an unfinished frame. */
final class Decoders {

  private Decoders() {}

  static Framing.Decoder ofLengths(int maxFrameSize, LengthField field) {
    var decoder = new OfLengths(maxFrameSize, field);
    return new Framing.Decoder(decoder, decoder::unfinished);
  }

  static Framing.Decoder ofLines(int maxFrameSize) {
    var decoder = new OfLines(maxFrameSize);
    return new Framing.Decoder(decoder, decoder::unfinished);
  }

  static Framing.Decoder ofDelimiter(int maxFrameSize, ByteBuf delimiter) {
    var decoder = new OfDelimiter(maxFrameSize, delimiter);
    return new Framing.Decoder(decoder, decoder::unfinished);
  }

  private static final class OfLengths extends LengthFieldBasedFrameDecoder {
    OfLengths(int maxFrameSize, LengthField field) {
      super(
          field.byteOrder(),
          maxFrameSize,
          field.offset(),
          field.length(),
          field.adjustment(),
          field.strip(),
          true);
    }

    int unfinished() {
      return actualReadableBytes();
    }
  }

  private static final class OfLines extends LineBasedFrameDecoder {
    OfLines(int maxFrameSize) {
      super(maxFrameSize, true, true);
    }

    int unfinished() {
      return actualReadableBytes();
    }
  }

  private static final class OfDelimiter extends DelimiterBasedFrameDecoder {
    OfDelimiter(int maxFrameSize, ByteBuf delimiter) {
      super(maxFrameSize, true, true, delimiter);
    }

    int unfinished() {
      return actualReadableBytes();
    }
  }
}
