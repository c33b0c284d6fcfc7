package io.linkspan.auth;

/** Signals that a token does not prove an identity. Its message has nothing of the token. */
public final class InvalidTokenException extends Exception {

  private static final long serialVersionUID = 1L;

  InvalidTokenException(String message) {
    super(message, null, false, false);
  }
}
