package io.linkspan.framing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.framing.FramingConfig.Compression;
import io.linkspan.framing.FramingConfig.Kind;
import io.linkspan.framing.FramingConfig.LengthField;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.translate.MessageLimits;
import io.linkspan.translate.ScratchFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests frames on a stream of bytes, without a socket. */
class FramingTest {

  private static final int MAX = 4096;
  private static final LengthField FOUR_BYTES = field(ByteOrder.BIG_ENDIAN, 0, 4, 0, "00000000");
  private static final Message MESSAGE =
      Message.newBuilder().setEventId("e1").setTo("bob").setBody("a-b;c|d\0e\nf \\\" 你好").build();

  private static LengthField field(
      ByteOrder order, int offset, int length, int adjustment, String header) {
    Buffer bytes = Buffer.buffer(HexFormat.of().parseHex(header));
    return new LengthField(order, offset, length, adjustment, bytes.length(), bytes);
  }

  private static FramingConfig config(Kind kind, LengthField field, String delimiter) {
    return new FramingConfig(kind, MAX, field, Buffer.buffer(delimiter), Compression.NONE, 4 * MAX);
  }

  private static FramingConfig lengths(LengthField field) {
    return config(Kind.LENGTH_FIELD, field, "\0");
  }

  private static FramingConfig delimiters(String delimiter) {
    return config(Kind.DELIMITER, FOUR_BYTES, delimiter);
  }

  private static FramingConfig compressed(FramingConfig plain, Compression compression) {
    return new FramingConfig(
        plain.kind(),
        MAX,
        plain.lengthField(),
        plain.delimiter(),
        compression,
        plain.maxInflated());
  }

  private static FramingConfig inflating(FramingConfig config, int limit) {
    return new FramingConfig(
        config.kind(), MAX, config.lengthField(), config.delimiter(), config.compression(), limit);
  }

  static Stream<FramingConfig> everyKind() {
    return Stream.of(
            lengths(FOUR_BYTES),
            lengths(field(ByteOrder.LITTLE_ENDIAN, 0, 2, 0, "0000")),
            // Magic bytes, a length that includes itself and them, and a checksum that is ignored.
            lengths(field(ByteOrder.BIG_ENDIAN, 2, 4, -6, "cafe00000000beef")),
            lengths(field(ByteOrder.BIG_ENDIAN, 1, 3, 1, "7f000000aa")),
            lengths(field(ByteOrder.LITTLE_ENDIAN, 0, 8, -8, "0000000000000000")),
            config(Kind.LINE, FOUR_BYTES, "\0"),
            delimiters("\0"),
            delimiters("-;"),
            delimiters("||"),
            delimiters(" "),
            delimiters("\r\n"))
        .flatMap(
            plain ->
                Stream.of(Compression.values()).map(compression -> compressed(plain, compression)));
  }

  private final List<EmbeddedChannel> channels = new ArrayList<>();

  @AfterEach
  void closeLinks() {
    channels.forEach(EmbeddedChannel::finishAndReleaseAll);
    channels.clear();
  }

  /** A link with a framing that records failures. */
  private final class Link {
    final Framing framing;
    final List<Throwable> failures = new ArrayList<>();
    final EmbeddedChannel channel;

    Link(FramingConfig config) {
      framing = Framings.of(config);
      channel = new EmbeddedChannel();
      channels.add(channel);
      channel
          .pipeline()
          .addLast(
              "last",
              new ChannelInboundHandlerAdapter() {
                @Override
                public void exceptionCaught(
                    io.netty.channel.ChannelHandlerContext context, Throwable cause) {
                  failures.add(cause);
                }
              });
      framing.install(channel.pipeline(), "last");
    }

    void receive(byte[] bytes) {
      channel.writeInbound(Unpooled.wrappedBuffer(bytes));
    }

    /** Returns the bytes on the wire for these frames. */
    byte[] wire(byte[]... frames) {
      for (byte[] frame : frames) {
        channel.writeOutbound(Unpooled.wrappedBuffer(frame));
      }
      ByteBuf all = Unpooled.buffer();
      for (ByteBuf part; (part = channel.readOutbound()) != null; part.release()) {
        all.writeBytes(part);
      }
      return ByteBufUtil.getBytes(all);
    }

    MessageLite next() {
      ByteBuf frame = channel.readInbound();
      if (frame == null) {
        return null;
      }
      try {
        return framing.decode(frame, MessageLimits.NONE);
      } finally {
        frame.release();
      }
    }
  }

  private static AckMessage ack(String eventId) {
    return AckMessage.newBuilder().setEventId(eventId).build();
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void framesAreReadWhereverTheStreamIsSplit(FramingConfig config) {
    Framing framing = Framings.of(config);
    byte[] wire = new Link(config).wire(framing.encode(MESSAGE), framing.encodeAck("e-2;|\0"));
    for (int split = 0; split <= wire.length; split++) {
      Link link = new Link(config);
      link.receive(Arrays.copyOfRange(wire, 0, split));
      link.receive(Arrays.copyOfRange(wire, split, wire.length));
      assertThat(link.next()).as("split at %d", split).isEqualTo(MESSAGE);
      assertThat(link.next()).isEqualTo(ack("e-2;|\0"));
      assertThat(link.next()).isNull();
      assertThat(link.failures).isEmpty();
      closeLinks();
    }
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void thousandFramesInOneReadAreAllDecoded(FramingConfig config) {
    Framing framing = Framings.of(config);
    Link link = new Link(inflating(config, 1 << 20));
    link.receive(
        link.wire(
            IntStream.range(0, 1000)
                .mapToObj(i -> framing.encodeAck("" + i))
                .toArray(byte[][]::new)));
    for (int i = 0; i < 1000; i++) {
      assertThat(link.next()).isEqualTo(ack("" + i));
    }
    assertThat(link.next()).isNull();
    assertThat(link.failures).isEmpty();
  }

  @Test
  void bytesOnTheWireFollowTheConfiguration() {
    AckMessage ack = ack("x");
    String frame = "0a00" + HexFormat.of().formatHex(ack.toByteArray());
    assertThat(hex(lengths(FOUR_BYTES))).isEqualTo("00000005" + frame);
    assertThat(hex(lengths(field(ByteOrder.LITTLE_ENDIAN, 0, 2, 0, "0000"))))
        .isEqualTo("0500" + frame);
    assertThat(hex(lengths(field(ByteOrder.BIG_ENDIAN, 2, 4, -6, "cafe00000000beef"))))
        .isEqualTo("cafe0000000dbeef" + frame);
    assertThat(text(config(Kind.LINE, FOUR_BYTES, "\0")))
        .isEqualTo("{\"ack\":{\"eventId\":\"x\"}}\n");
    assertThat(text(delimiters("\0"))).isEqualTo("{\"ack\":{\"eventId\":\"x\"}}\0");
  }

  private static String hex(FramingConfig config) {
    return HexFormat.of().formatHex(Framings.of(config).encodeAck("x"));
  }

  private static String text(FramingConfig config) {
    return new String(Framings.of(config).encodeAck("x"), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void framesWithoutAnArrayOfTheirOwnAreTheSame(FramingConfig config) {
    Framing framing = Framings.of(config);
    assertSame(framing.scratch(MESSAGE, MESSAGE.getSerializedSize()), framing.encode(MESSAGE));
    assertSame(framing.scratchAck("e-2"), framing.encodeAck("e-2"));
    assertThat(framing.scratchAck("x".repeat(4_092))).isNull();
  }

  private static void assertSame(ScratchFrame scratch, byte[] frame) {
    assertThat(scratch == null).as("only binary frames").isEqualTo(frame[0] == '{');
    if (scratch != null) {
      assertThat(Arrays.copyOf(scratch.bytes(), scratch.length())).isEqualTo(frame);
    }
  }

  @Test
  void delimiterOccursOnlyAtTheEndOfAFrame() {
    String delimiter = "-;";
    String frame =
        new String(
            Framings.of(delimiters(delimiter))
                .encode(Message.newBuilder().setBody("-;-").putHeaders("-;", "-").build()),
            StandardCharsets.UTF_8);
    assertThat(frame).containsOnlyOnce("-").endsWith(delimiter);
  }

  @Test
  void delimiterCannotStartWithACharacterThatJsonNeeds() {
    for (char c : "{}[]:,\"\\aZ09u".toCharArray()) {
      assertThat(FramingConfig.mayBeginDelimiter((byte) c)).as("" + c).isFalse();
    }
    assertThat(FramingConfig.mayBeginDelimiter((byte) 0xFF)).isFalse();
    for (char c : "\0\r\n\t -;|$#~/+=".toCharArray()) {
      assertThat(FramingConfig.mayBeginDelimiter((byte) c)).as("" + c).isTrue();
    }
  }

  @Test
  void sizeOfTheLengthFieldLimitsFramesToo() {
    assertThat(Framings.of(lengths(FOUR_BYTES)).longest()).isEqualTo(MAX);
    var oneByte = lengths(field(ByteOrder.BIG_ENDIAN, 0, 1, 0, "00"));
    assertThat(Framings.of(oneByte).longest()).isEqualTo(256);
    var countsItself = lengths(field(ByteOrder.BIG_ENDIAN, 0, 1, -1, "00"));
    assertThat(Framings.of(countsItself).longest()).isEqualTo(255);
    // The limit is without the delimiter, as for the decoder.
    assertThat(Framings.of(delimiters("||")).longest()).isEqualTo(MAX + 2);
    Link link = new Link(oneByte);
    byte[] longest =
        Framings.of(oneByte).encode(Message.newBuilder().setBody("x".repeat(250)).build());
    assertThat(longest).hasSize(256);
    link.receive(longest);
    assertThat(link.next()).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void oversizedFrameIsDetectedBeforeItIsComplete(FramingConfig config) {
    Link link = new Link(config);
    byte[] tooLong = link.framing.encode(Message.newBuilder().setBody("x".repeat(MAX)).build());
    byte[] wire = link.wire(tooLong);
    assertThat(tooLong.length).isGreaterThan(link.framing.longest());
    int enough = config.kind() == Kind.LENGTH_FIELD ? 10 : MAX + 1;
    boolean plain = config.compression() == Compression.NONE;
    link.receive(plain ? Arrays.copyOf(wire, enough) : wire);
    assertThat(link.failures).isNotEmpty();
    assertThat(link.failures).allMatch(Framing::isTooLarge).allMatch(Framing::isViolation);
    assertThat(link.next()).isNull();
  }

  @Test
  void impossibleLengthIsAViolationAndNotTooLarge() {
    Link negative = new Link(lengths(field(ByteOrder.BIG_ENDIAN, 0, 8, 0, "0000000000000000")));
    negative.receive(HexFormat.of().parseHex("ffffffffffffffff0a00"));
    assertThat(negative.failures).hasSize(1).noneMatch(Framing::isTooLarge);
    assertThat(negative.failures).allMatch(Framing::isViolation);
    Link tooSmall = new Link(lengths(field(ByteOrder.BIG_ENDIAN, 2, 4, -6, "cafe00000000")));
    tooSmall.receive(HexFormat.of().parseHex("cafe00000005"));
    assertThat(tooSmall.failures).hasSize(1).allMatch(Framing::isViolation);
  }

  @Test
  void inflatedSizeIsBounded() {
    FramingConfig config = compressed(config(Kind.LINE, FOUR_BYTES, "\0"), Compression.ZLIB);
    Link sender = new Link(config);
    // Many small frames that compress well.
    byte[] acks = sender.framing.encodeAck("x").clone();
    byte[] many = new byte[acks.length * 10_000];
    for (int i = 0; i < 10_000; i++) {
      System.arraycopy(acks, 0, many, i * acks.length, acks.length);
    }
    byte[] wire = sender.wire(many);
    assertThat(wire.length).isLessThan(MAX);
    Link bombed = new Link(config);
    bombed.receive(wire);
    assertThat(bombed.failures).isNotEmpty().allMatch(Framing::isTooLarge);
    int frames = 0;
    while (bombed.next() != null) {
      frames++;
    }
    assertThat(frames).isLessThanOrEqualTo(config.maxInflated() / acks.length);
  }

  @Test
  void damagedCompressionIsAViolationAndNotTooLarge() {
    for (Compression compression : List.of(Compression.ZLIB, Compression.GZIP)) {
      Link link = new Link(compressed(lengths(FOUR_BYTES), compression));
      link.receive("this is not compressed at all".getBytes(StandardCharsets.US_ASCII));
      assertThat(link.failures).isNotEmpty().allMatch(Framing::isViolation);
      assertThat(link.failures).noneMatch(Framing::isTooLarge);
    }
  }

  @Test
  void otherFailuresAreNotViolations() {
    assertThat(Framing.isViolation(new java.io.IOException("reset"))).isFalse();
    assertThat(Framing.isViolation(new io.netty.handler.codec.DecoderException("TLS"))).isFalse();
  }

  @Test
  void bareMessageWithoutEnvelopeIsAccepted() {
    Framing lines = Framings.of(config(Kind.LINE, FOUR_BYTES, "\0"));
    Message hello = Message.newBuilder().setTo("bob").setBody("hi").build();
    for (String text :
        List.of(
            "{\"to\":\"bob\",\"body\":\"hi\"}",
            " { \"message\" : {\"to\":\"bob\",\"body\":\"hi\"}}",
            "{\"message\":{\"to\":\"bob\",\"body\":\"hi\"}}\t")) {
      assertThat(lines.decode(utf8(text), MessageLimits.NONE)).as(text).isEqualTo(hello);
    }
    assertThat(lines.decode(utf8("{ \"ack\" : {\"eventId\":\"x\"}}"), MessageLimits.NONE))
        .isEqualTo(ack("x"));
    assertThat(lines.decode(utf8("{\"type\":\"ack\"}"), MessageLimits.NONE))
        .isEqualTo(Message.newBuilder().setType("ack").build());
    for (String text :
        List.of(
            "{}",
            "{ }",
            "[]",
            "hello",
            "{\"to\":\"a\"}}",
            "{\"to\":\"a\"}{\"to\":\"b\"}",
            "{\"messages\":{}}")) {
      assertThatThrownBy(() -> lines.decode(utf8(text), MessageLimits.NONE))
          .as(text)
          .isInstanceOf(ProtocolException.class);
    }
    ByteBuf noUtf8 = Unpooled.wrappedBuffer(new byte[] {'{', (byte) 0xC3, '}'});
    assertThatThrownBy(() -> lines.decode(noUtf8, MessageLimits.NONE))
        .isInstanceOf(ProtocolException.class);
  }

  private static ByteBuf utf8(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  @RepeatedTest(200)
  void randomBytesCauseOnlyProtocolErrors(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    List<FramingConfig> kinds = everyKind().toList();
    Link link = new Link(kinds.get(random.nextInt(kinds.size())));
    byte[] bytes = new byte[random.nextInt(2 * MAX)];
    random.nextBytes(bytes);
    link.receive(bytes);
    for (ByteBuf frame; (frame = link.channel.readInbound()) != null; frame.release()) {
      ByteBuf one = frame;
      Throwable failure = catchThrowable(() -> link.framing.decode(one, MessageLimits.NONE));
      if (failure != null) {
        assertThat(failure).isInstanceOf(ProtocolException.class);
      }
    }
    assertThat(link.failures).allMatch(Framing::isViolation);
  }
}
