package io.linkspan.protocol.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameHeadTest {

  private static final int MAX = 1 << 20;
  private static final int MASKED = 0x80;

  /** Returns the frame as a client sends it. */
  private static ByteBuf masked(int opcode, byte[] payload, int mask) {
    ByteBuf head = Unpooled.buffer();
    FrameHead.write(head, opcode, false, payload.length);
    head.setByte(1, head.getByte(1) | MASKED).writeInt(mask);
    for (int i = 0; i < payload.length; i++) {
      head.writeByte(payload[i] ^ (mask >>> (24 - 8 * (i % 4))));
    }
    return head;
  }

  @RepeatedTest(50)
  void aFrameIsReadAsItWasWritten(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    int[] lengths = {0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, random.nextInt(2_000)};
    for (int length : lengths) {
      byte[] payload = new byte[length];
      random.nextBytes(payload);
      ByteBuf in = masked(FrameHead.BINARY, payload, random.nextInt());
      in.writeByte(1);
      FrameHead head = FrameHead.read(in, false, MAX);
      assertThat(head.length()).isEqualTo(length);
      assertThat(head.last()).isTrue();
      assertThat(head.isWhole(in)).isTrue();
      assertThat(head.readPayload(in)).isEqualTo(payload);
      assertThat(in.readableBytes()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 200, 70_000})
  void aFrameThatIsNotCompleteWaits(int length) {
    ByteBuf whole = masked(FrameHead.TEXT, new byte[length], 0x01020304);
    int size = whole.readableBytes() - length;
    for (int cut = 0; cut < size; cut++) {
      assertThat(FrameHead.read(whole.slice(0, cut), false, MAX)).as("%s bytes", cut).isNull();
    }
    ByteBuf part = whole.slice(0, size + length - 1);
    assertThat(FrameHead.read(part, false, MAX).isWhole(part)).isFalse();
  }

  @Test
  void aFrameOverTheLimitIsRefusedByItsHead() {
    ByteBuf head = masked(FrameHead.BINARY, new byte[300], 0).slice(0, 4);
    assertThat(FrameHead.read(head, false, 300)).isNull();
    assertViolates(head, false, WebSocketViolation.TOO_LARGE);
    ByteBuf huge = Unpooled.buffer().writeByte(0x82).writeByte(0xFF).writeLong(Long.MAX_VALUE);
    assertViolates(huge, false, WebSocketViolation.TOO_LARGE);
  }

  @Test
  void lengthsThatAreLongerThanNecessaryOrNegativeAreRefused() {
    assertInvalid(Unpooled.buffer().writeByte(0x82).writeByte(0xFE).writeShort(125));
    assertInvalid(Unpooled.buffer().writeByte(0x82).writeByte(0xFF).writeLong(65_535));
    assertInvalid(Unpooled.buffer().writeByte(0x82).writeByte(0xFF).writeLong(-1));
  }

  @Test
  void onlyTheFirstFrameOfAMessageIsMarkedAsCompressed() {
    for (int opcode : new int[] {FrameHead.TEXT, FrameHead.BINARY}) {
      ByteBuf first = masked(opcode, new byte[3], 0);
      first.setByte(0, first.getByte(0) | 0x40);
      assertThat(FrameHead.read(first, true, MAX).compressed()).isTrue();
      assertInvalid(first);
    }
    for (int opcode : new int[] {FrameHead.CONTINUATION, FrameHead.PING, FrameHead.CLOSE}) {
      ByteBuf other = masked(opcode, new byte[3], 0);
      other.setByte(0, other.getByte(0) | 0x40);
      assertViolates(other, true, WebSocketViolation.PROTOCOL_ERROR);
    }
  }

  private static void assertInvalid(ByteBuf in) {
    assertViolates(in, false, WebSocketViolation.PROTOCOL_ERROR);
  }

  private static void assertViolates(
      ByteBuf in, boolean compression, WebSocketViolation violation) {
    assertThatThrownBy(() -> FrameHead.read(in, compression, 299))
        .isInstanceOfSatisfying(
            WebSocketViolationException.class, e -> assertThat(e.violation()).isEqualTo(violation));
  }
}
