package io.linkspan.directory;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * Form of the public ids of sessions: 12 random bytes, in 16 characters, where a node is alone, and
 * {@value #SEALED_BYTES} bytes, in 40 characters, in a cluster.
 */
public final class SessionIds {

  /** Number of bytes in an id that names an entry of the cluster's directory. */
  public static final int SEALED_BYTES = 30;

  private static final int BYTES = 12;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Pattern FORM = Pattern.compile("[\\w-]{16}|[\\w-]{40}");

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

  /** Returns bytes as characters that an id may have. */
  public static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Returns whether a text has the form of an id, with or without the name of an entry. */
  public static boolean isId(String text) {
    return FORM.matcher(text).matches();
  }

  /** Returns the bytes of an id. */
  public static byte[] decode(String id) {
    return Base64.getUrlDecoder().decode(id);
  }
}
