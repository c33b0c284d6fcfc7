package io.linkspan.api.method;

import java.util.Objects;

/**
 * Failure of a method in an app, as the app reports it: Dart's {@code PlatformException}.
 *
 * <p>Has no stack trace of this process, since it is an answer and not a fault.
 */
public final class MethodException extends RuntimeException {

  private final String code;
  private final transient Object details;
  private final String remoteStackTrace;

  MethodException(String code, String message, Object details, String remoteStackTrace) {
    super(message, null, false, false);
    this.code = Objects.requireNonNull(code);
    this.details = details;
    this.remoteStackTrace = remoteStackTrace;
  }

  /** Returns the code that the app chose. */
  public String code() {
    return code;
  }

  /** Returns a value of the channel's codec, or null. */
  public Object details() {
    return details;
  }

  /** Returns the stack trace of the app; null when the app does not send one. */
  public String remoteStackTrace() {
    return remoteStackTrace;
  }
}
