package io.linkspan.transport.engineio;

import java.security.SecureRandom;
import java.util.Base64;

/** Makes random strings that cannot be guessed, of characters that need no escaping in a URL. */
public final class Secrets {

  /** Characters of a secret. */
  static final int LENGTH = 24;

  private static final int BYTES = 18;
  private static final SecureRandom RANDOM = new SecureRandom();

  private Secrets() {}

  /** Returns a new secret of 144 random bits. */
  public static String next() {
    byte[] secret = new byte[BYTES];
    RANDOM.nextBytes(secret);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }
}
