package io.linkspan.api;

import java.util.Locale;
import java.util.Optional;

/**
 * Why a Message was refused. A client reads the {@linkplain #code() name} in the body of a Message
 * of type {@code error}; on the event bus and over HTTP the {@linkplain #number() number} travels.
 */
public enum ErrorCode {
  /** What was sent can not be understood. */
  MALFORMED(400),
  /** Who sent it is not known. */
  UNAUTHENTICATED(401),
  /** No route permits it. */
  FORBIDDEN(403),
  /** Nobody of that name is there. */
  NO_SUCH_RECIPIENT(404),
  /** No answer or acknowledgement came in time. */
  TIMEOUT(408),
  /** Larger than a configured limit. */
  TOO_LARGE(413),
  /** Sent faster than a configured limit. */
  RATE_LIMITED(429),
  /** A failure that is not the sender's. */
  INTERNAL(500),
  /** Nothing serves it at the moment. */
  UNAVAILABLE(503),
  /** A bounded queue on the way is full. */
  QUEUE_FULL(507);

  private static final ErrorCode[] VALUES = values();

  private final int number;
  private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

  ErrorCode(int number) {
    this.number = number;
  }

  /** The failure code of a bus request and the status of an HTTP answer. */
  public int number() {
    return number;
  }

  /** The name on the wire, such as {@code no-such-recipient}. */
  public String code() {
    return code;
  }

  /** The code with this number, or nothing when the number is none of ours. */
  public static Optional<ErrorCode> of(int number) {
    for (ErrorCode code : VALUES) {
      if (code.number == number) {
        return Optional.of(code);
      }
    }
    return Optional.empty();
  }
}
