package io.linkspan.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.nio.charset.StandardCharsets;

/** The failure of a bus request that may succeed later, and when. */
final class LaterReply extends ReplyException {

  private final long retryAfterMs;

  LaterReply(int failureCode, String message, long retryAfterMs) {
    super(ReplyFailure.RECIPIENT_FAILURE, failureCode, message);
    this.retryAfterMs = retryAfterMs;
  }

  long retryAfterMs() {
    return retryAfterMs;
  }

  /** A 32-bit number, the milliseconds in 64 bits, and the text in UTF-8 up to the end. */
  static final class Codec implements MessageCodec<LaterReply, LaterReply> {

    @Override
    public void encodeToWire(Buffer wire, LaterReply reply) {
      wire.appendInt(reply.failureCode())
          .appendLong(reply.retryAfterMs)
          .appendString(reply.getMessage());
    }

    @Override
    public LaterReply decodeFromWire(int position, Buffer wire) {
      int text = position + Integer.BYTES + Long.BYTES;
      return new LaterReply(
          wire.getInt(position),
          wire.getString(text, wire.length(), StandardCharsets.UTF_8.name()),
          wire.getLong(position + Integer.BYTES));
    }

    @Override
    public LaterReply transform(LaterReply reply) {
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
