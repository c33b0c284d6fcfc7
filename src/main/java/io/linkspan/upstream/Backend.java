package io.linkspan.upstream;

import io.linkspan.api.Message;
import io.linkspan.api.Origin;
import io.linkspan.telemetry.TraceContext;
import io.vertx.core.Future;

/**
 * Sends one Message to a service, once, and reports the outcome. It neither retries nor queues: the
 * caller does. Used only on the event loop that created it.
 */
public interface Backend {

  /** One attempt to send a Message. */
  interface Attempt {

    /**
     * Returns the outcome: the service's answer, null when the service accepted without one, or a
     * failure that is a {@link BackendException}.
     */
    Future<Message> answer();

    /**
     * Returns the rest of an answer that the service is still writing; null unless {@link #answer}
     * has succeeded with null because the answer is streamed. The caller must read or cancel it.
     */
    default AnswerSource streamed() {
      return null;
    }

    /**
     * Ends the attempt because it has taken too long. {@link #answer} fails at once, unless it is
     * complete, with {@code timeout} and the kind that applies.
     */
    void abort();
  }

  /**
   * Converts a Message to what is sent of it.
   *
   * @throws io.linkspan.api.MessageException when it cannot be sent, whatever the service does
   */
  default Message admit(Message message) {
    return message;
  }

  /** Starts to send a Message that {@link #admit} returned. Never throws. */
  Attempt send(Message message, Origin origin);

  /**
   * Starts to send a Message that belongs to a trace.
   *
   * @param context for a protocol that carries it beside the Message; null for none
   */
  default Attempt send(Message message, Origin origin, TraceContext context) {
    return send(message, origin);
  }

  /** Closes all links; attempts that are not complete fail. */
  Future<Void> close();
}
