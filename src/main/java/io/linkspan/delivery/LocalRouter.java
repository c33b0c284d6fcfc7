package io.linkspan.delivery;

import io.linkspan.api.Message;
import io.linkspan.routing.Recipient;

/** Delivers to the recipient's sessions that are on this shard. */
public interface LocalRouter {

  /**
   * Delivers a Message.
   *
   * @param callback receives the outcome
   */
  void deliver(
      Recipient recipient, Message message, DeliveryScope scope, DeliveryCallback callback);
}
