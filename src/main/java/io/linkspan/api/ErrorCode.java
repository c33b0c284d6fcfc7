package io.linkspan.api;

import java.util.Locale;
import java.util.Optional;

/**
 * Reasons for refusing a Message. A client reads the {@linkplain #code() name} in the body of a
 * Message of type {@code error}; on the event bus and over HTTP the {@linkplain #number() number}
 * travels.
 */
public enum ErrorCode {
  /** The Message cannot be read, or a field has an invalid value. */
  MALFORMED(400),
  /** The sender is not authenticated. */
  UNAUTHENTICATED(401),
  /** No route permits the Message. */
  FORBIDDEN(403),
  /** The recipient is not connected. */
  NO_SUCH_RECIPIENT(404),
  /** No answer or acknowledgement came in time. */
  TIMEOUT(408),
  /** A newer Message took its place before it was written, see {@link SlowPolicy#LATEST}. */
  SUPERSEDED(409),
  /** The Message is larger than a configured limit. */
  TOO_LARGE(413),
  /** The sender exceeds a configured rate. */
  RATE_LIMITED(429),
  /** A fault that the sender did not cause. */
  INTERNAL(500),
  /** No service or node handles the Message at the moment. */
  UNAVAILABLE(503),
  /** A bounded queue on the way to the recipient is full. */
  QUEUE_FULL(507);

  private static final ErrorCode[] VALUES = values();

  private final int number;
  private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

  ErrorCode(int number) {
    this.number = number;
  }

  /** Returns the failure code of a bus request and the status of an HTTP answer. */
  public int number() {
    return number;
  }

  /** Returns the name on the wire, such as {@code no-such-recipient}. */
  public String code() {
    return code;
  }

  /** Returns the code with this number; empty when there is none. */
  public static Optional<ErrorCode> of(int number) {
    for (ErrorCode code : VALUES) {
      if (code.number == number) {
        return Optional.of(code);
      }
    }
    return Optional.empty();
  }
}
