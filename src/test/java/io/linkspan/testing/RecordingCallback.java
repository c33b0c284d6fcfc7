package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.DeliveryCallback;

/** Records the outcome of a delivery, and checks that there is one only. */
public final class RecordingCallback implements DeliveryCallback {

  private String outcome;
  private Message reply;

  @Override
  public void delivered(By by, Message reply) {
    this.reply = reply;
    end(by.label());
  }

  @Override
  public void failed(MessageException failure) {
    end(failure.code().code());
  }

  @Override
  public void notHere(String text) {
    end("not-here");
  }

  private void end(String how) {
    assertThat(outcome).as("an outcome before").isNull();
    outcome = how;
  }

  /**
   * Returns who confirmed the delivery, the code of its failure, or {@code not-here}; null while
   * there is no outcome.
   */
  public String outcome() {
    return outcome;
  }

  /** Returns the reply that came with the outcome; null when there was none. */
  public Message reply() {
    return reply;
  }
}
