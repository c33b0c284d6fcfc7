package io.linkspan.delivery;

import io.linkspan.api.Message;

/**
 * An inbound Message between its acceptance and its outcome. The outcome is an acknowledgement or
 * an error, exactly one of them.
 */
public interface InboundExchange extends DeliveryCallback {

  /** Returns the Message, complete; after {@link #routed}, as its destination receives it. */
  Message message();

  /** Returns the client that sent it. */
  Sender sender();

  /**
   * A route has been found.
   *
   * @param destination bus address of a service, or the kind of the recipient
   */
  void routed(String destination);

  /**
   * A service is about to be called.
   *
   * @param service counts the outcome
   */
  void calls(ServiceRecorder service);

  /** A service has received the Message and its answer is awaited. */
  void givenToService();

  /** Ends with an acknowledgement. */
  void accepted();

  /** Ends with an acknowledgement and the answer of a service or client. */
  void answered(Message answer);
}
