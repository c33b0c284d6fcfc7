package io.linkspan.protocol.websocket;

/**
 * Checks text that arrives in parts, and finds the first byte that no continuation can make valid
 * (RFC 3629, section 4). A character may be divided between two parts.
 */
final class Utf8Validator {

  private static final int CONTINUATION_MIN = 0x80;
  private static final int CONTINUATION_MAX = 0xBF;

  /** How many bytes of the current character are missing. */
  private int missing;

  /** The range of the next byte, while a character is incomplete. */
  private int min;

  private int max;

  /** Returns whether the text can still become valid with this part. */
  boolean accept(byte[] part) {
    for (byte octet : part) {
      if (!accept(octet & 0xFF)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether the last character is complete. */
  boolean complete() {
    return missing == 0;
  }

  private boolean accept(int octet) {
    if (missing == 0) {
      return begin(octet);
    }
    if (octet < min || octet > max) {
      return false;
    }
    expect(missing - 1, CONTINUATION_MIN, CONTINUATION_MAX);
    return true;
  }

  private boolean begin(int octet) {
    if (octet <= 0x7F) {
      return true;
    }
    // 0xC0 and 0xC1 would be longer than necessary.
    if (octet < 0xC2 || octet > 0xF4) {
      return false;
    }
    if (octet <= 0xDF) {
      expect(1, CONTINUATION_MIN, CONTINUATION_MAX);
    } else if (octet <= 0xEF) {
      // After 0xE0 a shorter form would do; after 0xED the upper half are surrogates.
      expect(2, octet == 0xE0 ? 0xA0 : CONTINUATION_MIN, octet == 0xED ? 0x9F : CONTINUATION_MAX);
    } else {
      // After 0xF0 a shorter form would do; after 0xF4 the last code point is U+10FFFF.
      expect(3, octet == 0xF0 ? 0x90 : CONTINUATION_MIN, octet == 0xF4 ? 0x8F : CONTINUATION_MAX);
    }
    return true;
  }

  private void expect(int bytes, int from, int to) {
    missing = bytes;
    min = from;
    max = to;
  }
}
