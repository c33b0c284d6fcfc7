package io.linkspan.protocol;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** UTF-8 that refuses what is malformed, where {@code new String} would replace it. */
public final class StrictUtf8 {
  private StrictUtf8() {}

  /** The text, or a {@link ProtocolException}. */
  public static String decode(Buffer bytes) {
    return decode(bytes.getBytes());
  }

  /** The text, or a {@link ProtocolException}. */
  public static String decode(byte[] bytes) {
    return decode(ByteBuffer.wrap(bytes));
  }

  /** The text of what remains, or a {@link ProtocolException}. */
  public static String decode(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new ProtocolException("malformed UTF-8");
    }
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
