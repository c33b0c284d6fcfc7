package io.linkspan.api.method;

import java.util.Objects;

/**
 * A method in an app failed, as the app says; Dart's {@code PlatformException}.
 *
 * <p>Carries no stack trace of this process: it is an answer, not a fault.
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

  /** Chosen by the app. */
  public String code() {
    return code;
  }

  /** A value of the channel's codec, or null. */
  public Object details() {
    return details;
  }

  /** Where it happened in the app; null where the app does not say. */
  public String remoteStackTrace() {
    return remoteStackTrace;
  }
}
