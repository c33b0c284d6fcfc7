package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ShortQueue;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** The writes of one session that the shell has not taken yet, in order. */
final class EngineOutput<X, W> {
  private static final Buffer OK = Buffer.buffer("ok");
  private static final Buffer EMPTY = Buffer.buffer();

  private final Generation generation;
  private final ShortQueue<EngineWrite<X, W>> writes = new ShortQueue<>();

  EngineOutput(Generation generation) {
    this.generation = generation;
  }

  /** Returns the next write, or null. */
  EngineWrite<X, W> poll() {
    return writes.poll();
  }

  /** Ends a poll with packets. */
  void answer(X exchange, PollAnswer.Form form, String jsonp, List<EnginePacket> packets) {
    writes.add(PollAnswer.of(packets, generation, form, jsonp).to(exchange));
  }

  /** Ends a POST that was read. */
  void ok(X exchange) {
    writes.add(new EngineWrite.Respond<>(exchange, 200, "text/html", OK, false));
  }

  /** Ends an exchange with an error of the protocol. */
  void refuse(X exchange, EngineError error) {
    writes.add(
        new EngineWrite.Respond<>(
            exchange, error.status(), EngineError.CONTENT_TYPE, error.body(), false));
  }

  /** Ends an exchange that breaks the protocol. */
  void reject(X exchange, boolean unread) {
    writes.add(new EngineWrite.Respond<>(exchange, 400, null, EMPTY, unread));
  }

  void tooLarge(X exchange) {
    writes.add(new EngineWrite.Respond<>(exchange, 413, null, EMPTY, true));
  }

  void cut(X exchange) {
    writes.add(new EngineWrite.Abandon<>(exchange));
  }

  void packet(W socket, EnginePacket packet, boolean base64) {
    writes.add(frame(socket, packet, base64));
  }

  void close(W socket, int code) {
    writes.add(new EngineWrite.CloseSocket<>(socket, code));
  }

  /** Returns a packet as one message. */
  EngineWrite<X, W> frame(W socket, EnginePacket packet, boolean base64) {
    return packet.isBinary() && !base64
        ? new EngineWrite.SendBinary<>(socket, packet.binaryForm(generation))
        : new EngineWrite.SendText<>(socket, packet.textForm(generation));
  }
}
