package io.linkspan.upstream;

import io.linkspan.api.Message;
import io.vertx.core.Future;

/**
 * An answer that a service is still writing. Nothing is read from the service but what is asked
 * for. Used only on the event loop of its attempt.
 */
public interface AnswerSource {

  /**
   * Reads the next part. Must not be called before the previous call has completed.
   *
   * @return the part, or null at the end of the answer; fails with a {@link
   *     io.linkspan.api.MessageException} when the answer breaks off or cannot be read
   */
  Future<Message> next();

  /** Sets a listener that is called when the service has sent anything, also between parts. */
  void onActivity(Runnable listener);

  /** Ends the request: nobody wants the rest of the answer. Does nothing after the end. */
  void cancel();
}
