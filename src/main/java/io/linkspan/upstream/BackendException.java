package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.Objects;

/**
 * Describes why an attempt to send a Message to a service failed, and what that shows about the
 * service.
 *
 * <p>Has no stack trace: it is an outcome, not a bug.
 */
public final class BackendException extends RuntimeException {

  /** States what is known about the Message and about the service. */
  public enum Kind {
    /** The service works and refuses the Message: a retry is pointless. */
    REFUSED,
    /** The service works and failed with this Message. */
    ERROR,
    /**
     * The connection broke while the service may have had the Message. A crash that the Message
     * itself causes looks the same, so this does not show that the service is unavailable.
     */
    BROKEN,
    /** The service may have the Message, and is not available. */
    LOST,
    /** The service is not available, and certainly does not have the Message. */
    UNSENT;

    /** Returns whether the failure shows that the service is not available. */
    boolean isOutage() {
      return this == LOST || this == UNSENT;
    }
  }

  private final Kind kind;
  private final transient MessageException refusal;

  /**
   * @param refusal what the client receives unless another attempt succeeds
   * @param cause for the log only; may be null
   */
  public BackendException(Kind kind, MessageException refusal, Throwable cause) {
    super(refusal.getMessage(), cause, false, false);
    this.kind = Objects.requireNonNull(kind);
    this.refusal = refusal;
  }

  /** Creates a failure without a cause and without a time to retry after. */
  public BackendException(Kind kind, ErrorCode code, String text) {
    this(kind, new MessageException(code, text), null);
  }

  public Kind kind() {
    return kind;
  }

  /** Returns what the client receives unless another attempt succeeds. */
  public MessageException refusal() {
    return refusal;
  }
}
