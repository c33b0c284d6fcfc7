package io.linkspan.upstream.tcp;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/** One Message on its way over a link, or in wait for one. */
final class TcpAttempt implements Backend.Attempt {

  private final TcpBackend backend;
  private final Message message;
  private final Promise<Message> answer = Promise.promise();

  /** Null until it is sent: before, the service can not have it. */
  private TcpLink link;

  private long sentAt;

  TcpAttempt(TcpBackend backend, Message message) {
    this.backend = backend;
    this.message = message;
  }

  @Override
  public Future<Message> answer() {
    return answer.future();
  }

  @Override
  public void abort() {
    if (answer.future().isComplete()) {
      return;
    }
    fail(
        new BackendException(
            link == null ? Kind.UNSENT : Kind.LOST,
            ErrorCode.TIMEOUT,
            "the service did not answer"));
    if (link == null) {
      backend.forget(this);
    } else {
      link.giveUp(this);
    }
  }

  Message message() {
    return message;
  }

  void sentOn(TcpLink taken, long now) {
    link = taken;
    sentAt = now;
  }

  /** When it was sent, on the clock of {@code DeadlineTimer}. */
  long sentAt() {
    return sentAt;
  }

  /** The service has it, and answers unless the answer is null. */
  void succeed(Message reply) {
    answer.tryComplete(reply);
  }

  void fail(BackendException why) {
    answer.tryFail(why);
  }

  /** There is no link any more, or never was one. */
  void lost(String text, Throwable cause) {
    Kind kind = link == null ? Kind.UNSENT : Kind.LOST;
    fail(new BackendException(kind, new MessageException(ErrorCode.UNAVAILABLE, text), cause));
  }
}
