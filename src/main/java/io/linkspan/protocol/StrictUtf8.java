package io.linkspan.protocol;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Decodes UTF-8 and rejects malformed input, which {@code new String} would replace. */
public final class StrictUtf8 {
  private static final char REPLACEMENT = '\uFFFD';

  private StrictUtf8() {}

  /**
   * Decodes bytes.
   *
   * @throws ProtocolException if they are not UTF-8
   */
  public static String decode(Buffer bytes) {
    return decode(bytes.getBytes());
  }

  /**
   * Decodes bytes.
   *
   * @throws ProtocolException if they are not UTF-8
   */
  public static String decode(byte[] bytes) {
    return decode(bytes, bytes.length);
  }

  /**
   * Decodes the bytes with which an array begins.
   *
   * @throws ProtocolException if they are not UTF-8
   */
  public static String decode(byte[] bytes, int length) {
    String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
    // Malformed input leaves a replacement character, but a valid text may contain one too.
    return text.indexOf(REPLACEMENT) < 0 ? text : decode(ByteBuffer.wrap(bytes, 0, length));
  }

  /**
   * Decodes the remaining bytes.
   *
   * @throws ProtocolException if they are not UTF-8
   */
  public static String decode(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new ProtocolException("malformed UTF-8");
    }
  }

  /** Returns whether the text can be encoded: half a surrogate pair cannot. */
  public static boolean canEncode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i)) && !isPaired(text, i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether the other half of the surrogate at this index is next to it. */
  public static boolean isPaired(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }

  /** Returns whether the text takes more than {@code limit} bytes; scans it only if necessary. */
  public static boolean isLonger(String text, int limit) {
    int length = text.length();
    if (length > limit) {
      return true;
    }
    if (length <= limit / 3) {
      return false;
    }
    long bytes = length;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        // A surrogate pair takes four bytes, which is one more for each of its two units.
        bytes += c >= 0x800 && !Character.isSurrogate(c) ? 2 : 1;
      }
    }
    return bytes > limit;
  }
}
