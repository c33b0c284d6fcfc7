package io.linkspan.delivery;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/** Passes the outcome of a delivery that is in flight to the sender's callback. */
abstract class ForwardingCallback implements ShardSender.InFlight {

  final DeliveryCallback callback;

  ForwardingCallback(DeliveryCallback callback) {
    this.callback = callback;
  }

  @Override
  public void delivered(By by, Message reply) {
    callback.delivered(by, reply);
  }

  @Override
  public void failed(MessageException failure) {
    callback.failed(failure);
  }
}
