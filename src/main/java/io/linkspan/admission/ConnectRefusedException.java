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

  /** Returns the reason for which the client's connection ends. */
  public CloseReason reason() {
    return reason;
  }

  /** Returns the milliseconds after which the client may retry; 0 when a retry is of no use. */
  public long retryAfterMs() {
    return retryAfterMs;
  }

  /** Returns whether the same client may be admitted later. */
  public boolean isTemporary() {
    return retryAfterMs > 0;
  }
}
