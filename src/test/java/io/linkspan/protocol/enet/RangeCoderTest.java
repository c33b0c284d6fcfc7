package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RangeCoderTest {
  private final RangeCoder coder = new RangeCoder();
  private final byte[] out = new byte[8192];

  @Test
  void compressesToTheSameBytesAsTheCLibrary() {
    for (var row : Vectors.rows("range-coder.txt")) {
      byte[] plain = Vectors.bytes(row[0]);
      int length = coder.compress(plain, plain.length, out, out.length);
      assertThat(Vectors.hex(Arrays.copyOf(out, length))).as(row[0]).isEqualTo(row[1]);
    }
  }

  @Test
  void expandsWhatTheCLibraryCompressed() {
    for (var row : Vectors.rows("range-coder.txt")) {
      byte[] compressed = Vectors.bytes(row[1]);
      int length = coder.expand(compressed, 0, compressed.length, out, out.length);
      assertThat(Vectors.hex(Arrays.copyOf(out, length))).as(row[1]).isEqualTo(row[0]);
    }
  }

  @Test
  void survivesWhatNobodyCompressed() {
    for (var row : Vectors.rows("range-coder-arbitrary.txt")) {
      byte[] bytes = Vectors.bytes(row[0]);
      assertThat(coder.expand(bytes, 0, bytes.length, out, 4092)).isBetween(-1, 4092);
    }
  }

  @RepeatedTest(200)
  void whatIsCompressedExpandsToItself(RepetitionInfo seed) {
    var random = new SplittableRandom(seed.getCurrentRepetition());
    byte[] plain = new byte[random.nextInt(1, 4096)];
    int alphabet = random.nextInt(1, 257);
    for (int i = 0; i < plain.length; i++) {
      plain[i] = (byte) random.nextInt(alphabet);
    }
    int length = coder.compress(plain, plain.length, out, out.length);
    byte[] result = new byte[4096];
    assertThat(coder.expand(out, 0, length, result, result.length)).isEqualTo(plain.length);
    assertThat(result).startsWith(plain);
    assertThat(coder.expand(out, 0, length, result, plain.length - 1)).isEqualTo(-1);
  }

  @Test
  void survivesAnyBytes() {
    var random = new SplittableRandom(7);
    byte[] bytes = new byte[200];
    for (int i = 0; i < 5_000; i++) {
      random.nextBytes(bytes);
      if (i % 2 == 0) {
        Arrays.fill(bytes, random.nextInt(bytes.length), bytes.length, (byte) random.nextInt());
      }
      assertThat(coder.expand(bytes, 0, random.nextInt(bytes.length), out, 4092))
          .isBetween(-1, 4092);
    }
  }

  @Test
  void refusesToMakeAnythingLonger() {
    byte[] noise = new byte[1000];
    new SplittableRandom(1).nextBytes(noise);
    assertThat(coder.compress(noise, noise.length, out, noise.length)).isZero();
  }
}
