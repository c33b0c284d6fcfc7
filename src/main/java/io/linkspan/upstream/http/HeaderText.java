package io.linkspan.upstream.http;

import java.nio.charset.StandardCharsets;

/** Encodes text that a client chose as the value of an HTTP header. */
final class HeaderText {

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private HeaderText() {}

  /**
   * Returns visible ASCII unchanged, and percent-encodes the UTF-8 bytes of everything else and of
   * the percent sign (RFC 3986, section 2.1). No text can break a header, and no two texts look the
   * same in one.
   */
  static String of(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isPlain(text.charAt(i))) {
        return encode(text);
      }
    }
    return text;
  }

  private static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length() * 2);
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      if (isPlain(octet)) {
        encoded.append((char) octet);
      } else {
        encoded.append('%').append(HEX[octet >> 4 & 0xF]).append(HEX[octet & 0xF]);
      }
    }
    return encoded.toString();
  }

  private static boolean isPlain(int character) {
    return character > ' ' && character < 0x7F && character != '%';
  }
}
