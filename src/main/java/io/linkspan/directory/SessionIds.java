package io.linkspan.directory;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/** Form of the public ids of sessions: 30 bytes, in 40 characters. */
public final class SessionIds {

  /** Number of bytes in an id. */
  public static final int BYTES = 30;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Pattern FORM = Pattern.compile("[\\w-]{40}");

  private SessionIds() {}

  /** Returns an id of random bytes. */
  public static String random() {
    return encode(randomBytes(BYTES));
  }

  /** Returns random bytes that nobody can guess. */
  public static byte[] randomBytes(int count) {
    byte[] random = new byte[count];
    RANDOM.nextBytes(random);
    return random;
  }

  /** Returns the id that consists of these bytes. */
  public static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Returns whether a text has the form of an id. */
  public static boolean isId(String text) {
    return FORM.matcher(text).matches();
  }

  /** Returns the bytes of an id. */
  public static byte[] decode(String id) {
    return Base64.getUrlDecoder().decode(id);
  }
}
