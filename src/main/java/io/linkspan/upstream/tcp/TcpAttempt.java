package io.linkspan.upstream.tcp;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * One attempt to send a Message: first in a queue for a link, then in flight on one. Used only on
 * the event loop of its backend.
 *
 * <pre>
 *             sent on a link           answered, refused, lost, aborted
 *   QUEUED ───────────────────► SENT ───────────────────────────────────► completed
 *      └──────────────────────────────────────────────────────────────────────┘
 * </pre>
 */
final class TcpAttempt implements Backend.Attempt {

  /** Keeps an attempt that is not complete: the queue for a link, or the link. */
  interface Holder {

    /** Drops an attempt that was aborted. */
    void forget(TcpAttempt attempt);
  }

  private final Message message;
  private final Promise<Message> answer = Promise.promise();
  private Holder holder;

  /** Whether the service may have the Message. */
  private boolean sent;

  private long sentAt;

  /**
   * Creates an attempt that is not sent yet.
   *
   * @param queue forgets the attempt if it is aborted before it is sent
   */
  TcpAttempt(Message message, Holder queue) {
    this.message = message;
    holder = queue;
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
            sent ? Kind.LOST : Kind.UNSENT, ErrorCode.TIMEOUT, "the service did not answer"));
    holder.forget(this);
  }

  Message message() {
    return message;
  }

  /**
   * Marks the Message as sent.
   *
   * @param link forgets the attempt if it is aborted from now on
   */
  void sentOn(Holder link, long now) {
    holder = link;
    sent = true;
    sentAt = now;
  }

  /** Returns when the Message was sent, on the clock of {@code DeadlineTimer}. */
  long sentAt() {
    return sentAt;
  }

  /**
   * Completes the attempt: the service accepted the Message.
   *
   * @param reply the service's answer; null when there is none
   */
  void succeed(Message reply) {
    answer.tryComplete(reply);
  }

  void fail(BackendException why) {
    answer.tryFail(why);
  }

  /** Fails the attempt because its link is gone, or could not be opened. */
  void lost(String text, Throwable cause) {
    Kind kind = sent ? Kind.BROKEN : Kind.UNSENT;
    fail(new BackendException(kind, new MessageException(ErrorCode.UNAVAILABLE, text), cause));
  }
}
