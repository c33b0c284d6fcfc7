package io.linkspan.upstream;

import io.linkspan.api.Message;
import io.linkspan.api.Origin;
import io.vertx.core.Future;

/**
 * The far side of an upstream: carries one Message there, once, and says how that ended. It neither
 * repeats nor queues; that is the business of whoever calls. Used only on the event loop that made
 * it.
 */
public interface Backend {

  /** One Message on its way. */
  interface Attempt {

    /**
     * How it ended: the service's answer; null when it accepted without one; a failure that is a
     * {@link BackendException}.
     */
    Future<Message> answer();

    /**
     * There is no more time: {@link #answer} fails at once, unless it is complete, with {@code
     * timeout} and the kind that is true of it.
     */
    void abort();
  }

  /**
   * What of a Message it sends.
   *
   * @throws io.linkspan.api.MessageException when it can not send it, whatever the service does
   */
  default Message admit(Message message) {
    return message;
  }

  /** Begins to send a Message that it admitted. Never throws, whatever is in the Message. */
  Attempt send(Message message, Origin origin);

  /** Ends all links; attempts that are not complete fail. */
  Future<Void> close();
}
