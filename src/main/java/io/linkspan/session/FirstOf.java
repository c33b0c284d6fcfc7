package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/** Succeeds with the first of several deliveries that does, fails with the last when none does. */
final class FirstOf implements DeliveryCallback {

  private final DeliveryCallback whole;
  private int outstanding;
  private boolean settled;

  FirstOf(DeliveryCallback whole, int parts) {
    this.whole = whole;
    outstanding = parts;
  }

  @Override
  public void delivered(By by, Message reply) {
    outstanding--;
    if (!settled) {
      settled = true;
      whole.delivered(by, reply);
    }
  }

  @Override
  public void failed(MessageException failure) {
    outstanding--;
    if (!settled && outstanding == 0) {
      settled = true;
      whole.failed(failure);
    }
  }
}
