package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/** Succeeds when all deliveries have, fails with the first failure once all have ended. */
final class AllOf implements DeliveryCallback {

  private final DeliveryCallback whole;
  private int outstanding;
  private MessageException failure;

  AllOf(DeliveryCallback whole, int parts) {
    this.whole = whole;
    outstanding = parts;
  }

  @Override
  public void delivered(By by, Message reply) {
    endOne();
  }

  @Override
  public void failed(MessageException failure) {
    if (this.failure == null) {
      this.failure = failure;
    }
    endOne();
  }

  /** Whoever is a member no more need not have it. */
  @Override
  public void notHere(String text) {
    endOne();
  }

  private void endOne() {
    if (--outstanding > 0) {
      return;
    }
    if (failure == null) {
      whole.delivered(By.TRANSPORT, null);
    } else {
      whole.failed(failure);
    }
  }
}
