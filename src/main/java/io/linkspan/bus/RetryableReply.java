package io.linkspan.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.nio.charset.StandardCharsets;

/** Fails a bus request that may succeed later, and carries the time until then. */
public final class RetryableReply extends ReplyException {

  private final long retryAfterMs;

  public RetryableReply(int failureCode, String message, long retryAfterMs) {
    super(ReplyFailure.RECIPIENT_FAILURE, failureCode, message);
    this.retryAfterMs = retryAfterMs;
  }

  public long retryAfterMs() {
    return retryAfterMs;
  }

  /** A 32-bit number, the milliseconds in 64 bits, and the text in UTF-8 up to the end. */
  public static final class Codec implements MessageCodec<RetryableReply, RetryableReply> {

    @Override
    public void encodeToWire(Buffer wire, RetryableReply reply) {
      wire.appendInt(reply.failureCode())
          .appendLong(reply.retryAfterMs)
          .appendString(reply.getMessage());
    }

    @Override
    public RetryableReply decodeFromWire(int position, Buffer wire) {
      int text = position + Integer.BYTES + Long.BYTES;
      return new RetryableReply(
          wire.getInt(position),
          wire.getString(text, wire.length(), StandardCharsets.UTF_8.name()),
          wire.getLong(position + Integer.BYTES));
    }

    @Override
    public RetryableReply transform(RetryableReply reply) {
      return reply;
    }

    @Override
    public String name() {
      return "later";
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
