package io.linkspan.admission;

import io.linkspan.connection.CloseReason;

/** Signals that a client is not admitted. */
public final class ConnectRefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final CloseReason reason;
  private final long retryAfterMs;
  private final transient Identity identity;

  ConnectRefusedException(CloseReason reason, String message, long retryAfterMs) {
    this(reason, message, retryAfterMs, null);
  }

  private ConnectRefusedException(
      CloseReason reason, String message, long retryAfterMs, Identity identity) {
    super(message, null, false, false);
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.identity = identity;
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

  /** Returns a temporary refusal of a client that is banned. */
  public static ConnectRefusedException banned(long retryAfterMs) {
    return tooOften("this client is banned for some time", retryAfterMs);
  }

  /** Returns the same refusal of a client whose identity is known. */
  public ConnectRefusedException of(Identity known) {
    return new ConnectRefusedException(reason, getMessage(), retryAfterMs, known);
  }

  /** Returns the identity that is refused; null when the client has none. */
  public Identity identity() {
    return identity;
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
