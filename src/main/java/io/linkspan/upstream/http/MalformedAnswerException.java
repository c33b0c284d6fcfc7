package io.linkspan.upstream.http;

/**
 * Reports that a service answered with something that is not a valid HTTP response. The service has
 * the Message, so a retry would only repeat its work.
 *
 * <p>Has no stack trace: the service causes it.
 */
final class MalformedAnswerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  MalformedAnswerException(String text) {
    super(text, null, false, false);
  }
}
