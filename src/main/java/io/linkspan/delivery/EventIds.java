package io.linkspan.delivery;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Assigns eventIds: a prefix and a number in base 36, which counts up. One text is all that an
 * eventId allocates. Pure; not safe for use by several threads.
 */
final class EventIds {

  private static final int RADIX = Character.MAX_RADIX;

  /** Digits of the longest number. */
  private static final int MAX_DIGITS = 13;

  /** The prefix, then room for the digits. */
  private final byte[] text;

  private final int prefix;
  private long assigned;

  /** Creates the eventIds that begin with a prefix. */
  EventIds(String prefix) {
    byte[] bytes = prefix.getBytes(StandardCharsets.UTF_8);
    this.prefix = bytes.length;
    text = Arrays.copyOf(bytes, bytes.length + MAX_DIGITS);
  }

  /** Returns an eventId that was not returned before. */
  String next() {
    int end = prefix;
    for (long rest = ++assigned; rest > 0; rest /= RADIX) {
      end++;
    }
    int at = end;
    for (long rest = assigned; rest > 0; rest /= RADIX) {
      text[--at] = (byte) Character.forDigit((int) (rest % RADIX), RADIX);
    }
    return new String(text, 0, end, StandardCharsets.UTF_8);
  }
}
