package io.linkspan.api;

import io.linkspan.bus.RetryableReply;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.Objects;

/**
 * A Message was refused, and this is why. A {@link Service} fails its future with one to choose
 * what the client is told; a {@link GatewayClient} fails with one when a client was not reached.
 *
 * <p>Carries no stack trace: it is an answer, not a fault.
 */
public final class MessageException extends RuntimeException {

  private final ErrorCode code;
  private final long retryAfterMs;

  /** Refuses for good, or at least without a word on when to try again. */
  public MessageException(ErrorCode code, String message) {
    this(code, message, 0);
  }

  /** Refuses for now: the sender may try again after {@code retryAfterMs}; 0 says nothing. */
  public MessageException(ErrorCode code, String message, long retryAfterMs) {
    super(message, null, false, false);
    this.code = Objects.requireNonNull(code);
    this.retryAfterMs = retryAfterMs;
  }

  /**
   * What the failure of a bus request means: no consumer is {@code unavailable}, no reply {@code
   * timeout}, one of our numbers itself, any other number and any other failure {@code internal}.
   */
  public static MessageException from(Throwable failure) {
    if (failure instanceof MessageException refusal) {
      return refusal;
    }
    if (!(failure instanceof ReplyException reply)) {
      return new MessageException(ErrorCode.INTERNAL, "the service failed");
    }
    if (reply.failureType() == ReplyFailure.NO_HANDLERS) {
      return new MessageException(ErrorCode.UNAVAILABLE, "no service is there");
    }
    if (reply.failureType() == ReplyFailure.TIMEOUT) {
      return new MessageException(ErrorCode.TIMEOUT, "no reply in time");
    }
    String text = reply.getMessage() == null ? "the service failed" : reply.getMessage();
    long retryAfterMs = reply instanceof RetryableReply later ? later.retryAfterMs() : 0;
    return ErrorCode.of(reply.failureCode())
        .map(code -> new MessageException(code, text, retryAfterMs))
        .orElseGet(() -> new MessageException(ErrorCode.INTERNAL, text));
  }

  public ErrorCode code() {
    return code;
  }

  /** Milliseconds until another try makes sense; 0 when nothing is known. */
  public long retryAfterMs() {
    return retryAfterMs;
  }

  /**
   * The same on the event bus, as the failure of a request: to be replied, since {@code fail} takes
   * number and text only and loses {@link #retryAfterMs}.
   */
  public ReplyException toReply() {
    return retryAfterMs > 0
        ? new RetryableReply(code.number(), getMessage(), retryAfterMs)
        : new ReplyException(ReplyFailure.RECIPIENT_FAILURE, code.number(), getMessage());
  }
}
