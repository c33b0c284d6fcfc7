package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/** Tells two who asked for the same delivery. */
record Both(DeliveryCallback first, DeliveryCallback second) implements DeliveryCallback {

  @Override
  public void delivered(By by, Message reply) {
    first.delivered(by, reply);
    second.delivered(by, reply);
  }

  @Override
  public void failed(MessageException failure) {
    first.failed(failure);
    second.failed(failure);
  }
}
