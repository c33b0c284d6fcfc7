package io.linkspan.protocol;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** UTF-8 that refuses what is malformed, where {@code new String} would replace it. */
public final class StrictUtf8 {
  private static final char REPLACEMENT = '\uFFFD';

  private StrictUtf8() {}

  /**
   * The text of some bytes.
   *
   * @throws ProtocolException if they are no UTF-8
   */
  public static String decode(Buffer bytes) {
    return decode(bytes.getBytes());
  }

  /**
   * The text of some bytes.
   *
   * @throws ProtocolException if they are no UTF-8
   */
  public static String decode(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    // What is malformed leaves a mark, though not every mark is left by that.
    return text.indexOf(REPLACEMENT) < 0 ? text : decode(ByteBuffer.wrap(bytes));
  }

  /**
   * The text of what remains.
   *
   * @throws ProtocolException if it is no UTF-8
   */
  public static String decode(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new ProtocolException("malformed UTF-8");
    }
  }

  /** Whether the text can be encoded: half a surrogate pair can not. */
  public static boolean canEncode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i)) && !isPaired(text, i)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the surrogate at this place has its other half beside it. */
  public static boolean isPaired(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }

  /** Whether the text takes more than {@code limit} bytes; looks at it only when it has to. */
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
