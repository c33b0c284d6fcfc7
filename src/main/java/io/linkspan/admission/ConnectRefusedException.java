package io.linkspan.admission;

import io.linkspan.connection.CloseReason;

/** Signals that a client is not admitted. */
public final class ConnectRefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final CloseReason reason;
  private final long retryAfterMs;

  ConnectRefusedException(CloseReason reason, String message, long retryAfterMs) {
    super(message, null, false, false);
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** Returns a lasting refusal of a client whose identity is missing or cannot be verified. */
  public static ConnectRefusedException unauthenticated(String message) {
    return new ConnectRefusedException(CloseReason.UNAUTHENTICATED, message, 0);
  }

  /** Returns a lasting refusal of a client, whatever its identity is. */
  public static ConnectRefusedException forbidden(String message) {
    return new ConnectRefusedException(CloseReason.FORBIDDEN, message, 0);
  }

  /**
   * Returns a refusal of a client that is blocked. It may say when the block ends; the client must
   * not retry by itself nevertheless.
   */
  public static ConnectRefusedException blocked(String message, long retryAfterMs) {
    return new ConnectRefusedException(CloseReason.FORBIDDEN, message, retryAfterMs);
  }

  /** Returns a temporary refusal, because the identity cannot be verified now. */
  public static ConnectRefusedException unavailable(String message, long retryAfterMs) {
    return new ConnectRefusedException(CloseReason.SERVER_ERROR, message, retryAfterMs);
  }

  /** Returns a temporary refusal, because too many clients connect. */
  public static ConnectRefusedException tooOften(String message, long retryAfterMs) {
    return new ConnectRefusedException(CloseReason.RATE_LIMITED, message, retryAfterMs);
  }

  /** Returns the reason for which the client's connection ends. */
  public CloseReason reason() {
    return reason;
  }

  /** Returns the milliseconds after which a retry may succeed; 0 when it is of no use. */
  public long retryAfterMs() {
    return retryAfterMs;
  }

  /** Returns whether the same client may retry by itself. */
  public boolean isTemporary() {
    return retryAfterMs > 0 && reason.mayReturn() != CloseReason.MayReturn.NEVER;
  }
}
