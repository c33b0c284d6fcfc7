package io.linkspan.session;

import io.linkspan.directory.SessionIds;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Token by which a client resumes its session.
 *
 * @param session public id
 * @param secret that only the client and the gateway have
 */
record Token(String session, String secret) {

  private static final int SECRET_BYTES = 18;
  private static final int MAX_LENGTH = 128;

  /** Parses a token; returns null when the text is not one. */
  static Token parse(String text) {
    int dot = text.indexOf('.');
    return dot <= 0 || dot == text.length() - 1 || text.length() > MAX_LENGTH
        ? null
        : new Token(text.substring(0, dot), text.substring(dot + 1));
  }

  /** Returns whether the text can be the public id of a session. */
  static boolean isSession(String text) {
    return SessionIds.isId(text);
  }

  /** Returns an offset for a client that has not received a Message yet. */
  static String newAnchor() {
    return SessionIds.random();
  }

  static String newSecret() {
    return SessionIds.encode(SessionIds.randomBytes(SECRET_BYTES));
  }

  /** Compares two secrets in constant time. */
  static boolean same(String secret, String other) {
    return MessageDigest.isEqual(
        secret.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  String text() {
    return session + '.' + secret;
  }

  @Override
  public String toString() {
    return session + ".…";
  }
}
