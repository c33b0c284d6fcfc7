package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/**
 * Learns how the hand-over of one Message to one recipient ended. Called exactly once, on the event
 * loop of whoever asked for the delivery.
 */
interface DeliveryCallback {

  /**
   * It got there.
   *
   * @param by who says so
   * @param reply what the client answered with its acknowledgement, or null
   */
  void delivered(By by, Message reply);

  void failed(MessageException failure);

  /** Whether nobody waits any more, and the Message had better not be delivered. */
  default boolean isVoid() {
    return false;
  }

  /** The shard that was asked has no session of the recipient; another one may. */
  default void notHere(String text) {
    failed(new MessageException(ErrorCode.NO_SUCH_RECIPIENT, text));
  }
}
