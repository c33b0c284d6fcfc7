package io.linkspan.delivery;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/**
 * Callback for the outcome of one delivery. Called exactly once, on the event loop of the shard
 * that asked for the delivery.
 */
public interface DeliveryCallback {

  /**
   * The Message was delivered.
   *
   * @param by confirms the delivery
   * @param reply the client's answer that came with its acknowledgement, or null
   */
  void delivered(By by, Message reply);

  /** The Message was not delivered, or it is not known whether it was. */
  void failed(MessageException failure);

  /**
   * Returns whether the delivery is abandoned: its sender sends the Message again from another
   * shard, so it should not be delivered from here.
   */
  default boolean isAbandoned() {
    return false;
  }

  /** The shard that was asked has no session of the recipient; another shard may have one. */
  default void notHere(String text) {
    failed(new MessageException(ErrorCode.NO_SUCH_RECIPIENT, text));
  }
}
