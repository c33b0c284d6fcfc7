package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.Objects;

/**
 * Why an attempt to hand a Message to a service failed, and what that says about the service.
 *
 * <p>Carries no stack trace: it is an outcome, not a fault.
 */
public final class BackendException extends RuntimeException {

  /** What is known of the Message and of the service. */
  public enum Kind {
    /** The service is well and does not want the Message: there is nothing to repeat. */
    REFUSED,
    /** The service is there and failed with this Message. */
    ERROR,
    /** The service may have it, and is not there to say so. */
    LOST,
    /** The service is not there, and certainly does not have it. */
    UNSENT;

    /** Whether the service can not be reached, or might as well not be. */
    boolean away() {
      return this == LOST || this == UNSENT;
    }
  }

  private final Kind kind;
  private final transient MessageException refusal;

  /**
   * @param refusal what the client is told unless another attempt succeeds
   * @param cause for the log only; may be null
   */
  public BackendException(Kind kind, MessageException refusal, Throwable cause) {
    super(refusal.getMessage(), cause, false, false);
    this.kind = Objects.requireNonNull(kind);
    this.refusal = refusal;
  }

  /** The same with the parts of the refusal, where nothing else is known. */
  public BackendException(Kind kind, ErrorCode code, String text) {
    this(kind, new MessageException(code, text), null);
  }

  public Kind kind() {
    return kind;
  }

  /** What the client is told unless another attempt succeeds. */
  public MessageException refusal() {
    return refusal;
  }
}
