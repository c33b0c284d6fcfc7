package io.linkspan.api;

import io.linkspan.bus.RetryableReply;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.Objects;

/**
 * Refusal of a Message. A {@link Service} fails its future with one to choose the error that the
 * client receives; a {@link GatewayClient} fails with one when a client was not reached.
 *
 * <p>Has no stack trace, since it is an answer and not a fault.
 */
public final class MessageException extends RuntimeException {

  private final ErrorCode code;
  private final long retryAfterMs;

  /** Creates a refusal without a retry time. */
  public MessageException(ErrorCode code, String message) {
    this(code, message, 0);
  }

  /** Creates a refusal that the sender may retry after {@code retryAfterMs}; 0 omits it. */
  public MessageException(ErrorCode code, String message, long retryAfterMs) {
    super(message, null, false, false);
    this.code = Objects.requireNonNull(code);
    this.retryAfterMs = retryAfterMs;
  }

  /**
   * Returns the meaning of a failed bus request: no consumer is {@code unavailable}, no reply is
   * {@code timeout}, the number of an {@link ErrorCode} is that code, and anything else is {@code
   * internal}.
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

  /** Returns the reason. */
  public ErrorCode code() {
    return code;
  }

  /** Returns the milliseconds until a retry makes sense; 0 when that is unknown. */
  public long retryAfterMs() {
    return retryAfterMs;
  }

  /**
   * Returns the form for the event bus. A consumer replies with it, because {@code fail} takes only
   * number and text and loses {@link #retryAfterMs}.
   */
  public ReplyException toReply() {
    return retryAfterMs > 0
        ? new RetryableReply(code.number(), getMessage(), retryAfterMs)
        : new ReplyException(ReplyFailure.RECIPIENT_FAILURE, code.number(), getMessage());
  }
}
