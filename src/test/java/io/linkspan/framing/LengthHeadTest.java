package io.linkspan.framing;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.framing.FramingConfig.Compression;
import io.linkspan.framing.FramingConfig.Kind;
import io.linkspan.framing.FramingConfig.LengthField;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Tests that frames found by their head are those of Netty's decoder, which is installed else. */
class LengthHeadTest {

  private static final int MAX = 300;
  private static final List<LengthField> FIELDS =
      List.of(
          field(ByteOrder.BIG_ENDIAN, 0, 4, 0, "00000000"),
          field(ByteOrder.LITTLE_ENDIAN, 0, 2, 0, "0000"),
          field(ByteOrder.BIG_ENDIAN, 0, 1, 0, "00"),
          field(ByteOrder.BIG_ENDIAN, 2, 4, -6, "cafe00000000beef"),
          field(ByteOrder.BIG_ENDIAN, 1, 3, 1, "7f000000aa"),
          field(ByteOrder.LITTLE_ENDIAN, 0, 8, -8, "0000000000000000"));

  private static LengthField field(
      ByteOrder order, int offset, int length, int adjustment, String header) {
    Buffer bytes = Buffer.buffer(HexFormat.of().parseHex(header));
    return new LengthField(order, offset, length, adjustment, bytes.length(), bytes);
  }

  private static Framing framing(LengthField field) {
    return Framings.of(config(field, Compression.NONE));
  }

  private static FramingConfig config(LengthField field, Compression compression) {
    return new FramingConfig(
        Kind.LENGTH_FIELD, MAX, field, Buffer.buffer("\0"), compression, 4 * MAX);
  }

  /** Frames, some with contents that are too long and some with a head that is changed. */
  private static byte[] stream(LengthHead head, Random random) {
    ByteBuf stream = Unpooled.buffer();
    for (int frames = random.nextInt(8); frames >= 0; frames--) {
      byte[] frame =
          new byte[head.size() + random.nextInt(random.nextInt(20) == 0 ? 2 * MAX : 100)];
      random.nextBytes(frame);
      head.write(frame, frame.length);
      if (random.nextInt(10) == 0) {
        frame[random.nextInt(head.size())] = (byte) random.nextInt();
      }
      stream.writeBytes(frame);
    }
    return ByteBufUtil.getBytes(stream);
  }

  /** Returns the contents of the frames, and how they ended. */
  private static List<String> decode(Framing framing, byte[] stream, Random pieces) {
    List<String> found = new ArrayList<>();
    var channel = new EmbeddedChannel();
    channel
        .pipeline()
        .addLast(
            "last",
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf frame = (ByteBuf) message;
                found.add(ByteBufUtil.hexDump(frame));
                frame.release();
              }

              @Override
              public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
                found.add(violation(failure));
              }
            });
    framing.install(channel.pipeline(), "last");
    for (int at = 0; at < stream.length; ) {
      int length = Math.min(stream.length - at, 1 + pieces.nextInt(100));
      channel.writeInbound(Unpooled.wrappedBuffer(stream, at, length));
      at += length;
    }
    channel.finishAndReleaseAll();
    // A link reads nothing behind the first violation.
    int frames = (int) found.stream().takeWhile(frame -> !isViolation(frame)).count();
    return found.subList(0, Math.min(found.size(), frames + 1));
  }

  private static List<String> find(LengthHead head, byte[] stream) {
    List<String> found = new ArrayList<>();
    ByteBuf input = Unpooled.wrappedBuffer(stream);
    try {
      for (int size; (size = head.wholeFrame(input)) >= 0; ) {
        found.add(
            ByteBufUtil.hexDump(input, input.readerIndex() + head.size(), size - head.size()));
        input.skipBytes(size);
      }
    } catch (CorruptedFrameException | TooLongFrameException e) {
      found.add(violation(e));
    }
    return found;
  }

  private static String violation(Throwable failure) {
    return failure.getClass().getSimpleName();
  }

  private static boolean isViolation(String found) {
    return found.endsWith("Exception");
  }

  @RepeatedTest(300)
  void framesAndViolationsAreThoseOfTheDecoder(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    Framing framing = framing(FIELDS.get(random.nextInt(FIELDS.size())));
    LengthHead head = framing.plainHead();
    byte[] stream = stream(head, random);
    assertThat(find(head, stream)).isEqualTo(decode(framing, stream, random));
  }

  @Test
  void aFrameIsWholeWithItsLastByte() {
    LengthHead head = framing(FIELDS.get(0)).plainHead();
    byte[] frame = new byte[20];
    head.write(frame, frame.length);
    ByteBuf input = Unpooled.wrappedBuffer(frame);
    for (int length = 0; length < frame.length; length++) {
      assertThat(head.wholeFrame(input.slice(0, length))).as("%d bytes", length).isEqualTo(-1);
    }
    assertThat(head.wholeFrame(input)).isEqualTo(frame.length);
  }

  @Test
  void compressedStreamsNeedTheDecoders() {
    assertThat(Framings.of(config(FIELDS.get(0), Compression.ZLIB)).plainHead()).isNull();
  }
}
