package io.linkspan.hostile;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;

/** Damages recordings and splits them into pieces, at places that a seed decides. */
final class Damage {

  private static final int MAX_NOISE = 200;
  private static final int MAX_PIECES = 6;

  private final Random random;

  Damage(Random random) {
    this.random = random;
  }

  /** Returns random bytes. */
  byte[] noise() {
    byte[] bytes = new byte[random.nextInt(MAX_NOISE)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Returns a copy with some damage; often none, so that what follows it is read. */
  byte[] of(byte[] recording) {
    byte[] bytes = recording;
    for (int times = random.nextInt(4); times > 0; times--) {
      bytes = once(bytes);
    }
    return bytes;
  }

  private byte[] once(byte[] bytes) {
    if (bytes.length == 0) {
      return noise();
    }
    int from = random.nextInt(bytes.length);
    int to = from + random.nextInt(Math.min(20, bytes.length - from) + 1);
    return switch (random.nextInt(7)) {
      case 0 -> changed(bytes, from, (byte) (bytes[from] ^ (1 << random.nextInt(8))));
      case 1 -> changed(bytes, from, (byte) random.nextInt());
      case 2 -> filled(bytes, from, to);
      case 3 -> Arrays.copyOf(bytes, from);
      case 4 -> joined(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length));
      case 5 -> joined(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, from, bytes.length));
      default ->
          joined(
              Arrays.copyOf(bytes, from), noise(), Arrays.copyOfRange(bytes, from, bytes.length));
    };
  }

  private static byte[] changed(byte[] bytes, int at, byte value) {
    byte[] copy = bytes.clone();
    copy[at] = value;
    return copy;
  }

  private byte[] filled(byte[] bytes, int from, int to) {
    byte[] copy = bytes.clone();
    Arrays.fill(copy, from, to, (byte) (random.nextBoolean() ? 0xFF : 0));
    return copy;
  }

  /** Returns all bytes in their order, in some pieces. */
  Deque<byte[]> split(byte[] bytes) {
    Deque<byte[]> pieces = new ArrayDeque<>();
    int begin = 0;
    for (int left = random.nextInt(MAX_PIECES); left > 0 && begin < bytes.length; left--) {
      int end = begin + random.nextInt(bytes.length - begin) + 1;
      pieces.add(Arrays.copyOfRange(bytes, begin, end));
      begin = end;
    }
    if (begin < bytes.length) {
      pieces.add(Arrays.copyOfRange(bytes, begin, bytes.length));
    }
    return pieces;
  }

  /** Returns arrays one behind the other. */
  static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
