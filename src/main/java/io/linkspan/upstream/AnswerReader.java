package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.stream.AnswerStream;
import io.linkspan.api.stream.AnswerStream.End;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Consumer;

/**
 * Reads one answer from a service and writes it to its client, no faster than the client
 * acknowledges the parts. Used only on the event loop that created it.
 *
 * <pre>
 *            a part is wanted                  part written, no room
 *   READING ◄──────────────── (stream open) ────────────────────────► FULL
 *      │                                                                │
 *      └──────────── end of the answer or of the stream ────────────────┴──► OVER
 * </pre>
 */
final class AnswerReader {

  private enum State {
    IDLE,
    READING,
    FULL,
    OVER
  }

  private final AnswerSource source;
  private final AnswerStream stream;
  private final StreamConfig config;
  private final DeadlineTimer timer;
  private final Runnable onPart;
  private final long latest;
  private State state = State.IDLE;

  /** Time by which the service must have sent something; never while it must wait. */
  private long idleAt = Long.MAX_VALUE;

  /**
   * @param onPart called for each part
   */
  AnswerReader(
      Vertx vertx, AnswerSource source, AnswerStream stream, StreamConfig config, Runnable onPart) {
    this.source = source;
    this.stream = stream;
    this.config = config;
    this.onPart = onPart;
    timer = new DeadlineTimer(vertx, this::onTimer);
    latest = DeadlineTimer.now() + config.longest().toMillis();
  }

  /**
   * Starts to read.
   *
   * @param onEnd receives how the stream ended
   */
  void begin(Consumer<End> onEnd) {
    source.onActivity(this::active);
    stream
        .ended()
        .onSuccess(
            how -> {
              over(how);
              onEnd.accept(how);
            });
    timer.arm(latest);
    read();
  }

  private void read() {
    while (state == State.IDLE && stream.isWritable()) {
      Future<Message> next = source.next();
      if (next.isComplete()) {
        write(next);
      } else {
        state = State.READING;
        active();
        next.onComplete(
            any -> {
              if (state == State.READING) {
                state = State.IDLE;
                idleAt = Long.MAX_VALUE;
                write(next);
                read();
              }
            });
      }
    }
    if (state == State.IDLE) {
      state = State.FULL;
      stream
          .whenWritable()
          .onSuccess(
              v -> {
                state = State.IDLE;
                read();
              });
    }
  }

  private void write(Future<Message> next) {
    if (next.failed()) {
      stream.end(MessageException.from(next.cause()));
    } else if (next.result() == null) {
      stream.end();
    } else {
      onPart.run();
      // A part that is refused ends the stream; after its end, the failure has no meaning.
      stream.write(next.result()).onFailure(why -> stream.end(MessageException.from(why)));
    }
  }

  private void active() {
    if (state == State.READING) {
      idleAt = DeadlineTimer.now() + config.idle().toMillis();
      timer.arm(idleAt);
    }
  }

  private void onTimer() {
    long now = DeadlineTimer.now();
    if (now >= latest) {
      timeOut("the answer takes longer than " + config.longest().toMillis() + " ms");
    } else if (now >= idleAt) {
      timeOut("the service has sent nothing for " + config.idle().toMillis() + " ms");
    } else {
      timer.arm(Math.min(latest, idleAt));
    }
  }

  private void timeOut(String why) {
    stream.end(new MessageException(ErrorCode.TIMEOUT, why));
  }

  private void over(End how) {
    state = State.OVER;
    timer.cancel();
    if (how != End.COMPLETE) {
      source.cancel();
    }
  }
}
