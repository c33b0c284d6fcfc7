package io.linkspan.protocol.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class Utf8ValidatorTest {

  /** Bytes at which the rules for the next one change. */
  private static final int[] EDGES = {
    0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
    0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF
  };

  @Test
  void everySequenceOfUpToFourEdgesIsJudgedAsTheJdkDoes() {
    for (int length = 1; length <= 4; length++) {
      int all = (int) Math.pow(EDGES.length, length);
      for (int i = 0; i < all; i++) {
        byte[] bytes = new byte[length];
        for (int at = 0, rest = i; at < length; at++, rest /= EDGES.length) {
          bytes[at] = (byte) EDGES[rest % EDGES.length];
        }
        assertJudgedAsTheJdkDoes(bytes, length);
      }
    }
  }

  @RepeatedTest(200)
  void textIsJudgedAsTheJdkDoesWhereverItIsDivided(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      int point = random.nextInt(1 << (1 + random.nextInt(20)));
      text.appendCodePoint(Character.getType(point) == Character.SURROGATE ? 'x' : point);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (random.nextBoolean()) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertJudgedAsTheJdkDoes(bytes, cut);
    }
  }

  private static void assertJudgedAsTheJdkDoes(byte[] bytes, int cut) {
    var validator = new Utf8Validator();
    boolean viable =
        validator.accept(Arrays.copyOf(bytes, cut))
            && validator.accept(Arrays.copyOfRange(bytes, cut, bytes.length));
    CharsetDecoder jdk = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CoderResult result = jdk.decode(in, CharBuffer.allocate(bytes.length), false);
    boolean complete = viable && validator.complete();
    assertThat(complete)
        .as("%s", Arrays.toString(bytes))
        .isEqualTo(!result.isError() && !in.hasRemaining());
    if (result.isError()) {
      assertThat(viable).as("%s", Arrays.toString(bytes)).isFalse();
    }
  }
}
