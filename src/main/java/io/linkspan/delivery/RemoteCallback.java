package io.linkspan.delivery;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.wire.Settle;
import io.linkspan.wire.ShardCall;

/**
 * Reports the outcome of a delivery to the shard that the Message came from.
 *
 * @param origin bus address of that shard
 * @param ticket number of the delivery among the {@link PendingReplies} of that shard
 */
public record RemoteCallback(ShardBus bus, String origin, long ticket) implements DeliveryCallback {

  @Override
  public void delivered(By by, Message reply) {
    Settle.Builder settle = Settle.newBuilder().setTicket(ticket).setByClient(by == By.CLIENT);
    if (reply != null) {
      settle.setReply(reply);
    }
    send(settle);
  }

  @Override
  public void failed(MessageException failure) {
    send(
        Settle.newBuilder()
            .setTicket(ticket)
            .setCode(failure.code().number())
            .setText(failure.getMessage())
            .setRetryAfterMs(failure.retryAfterMs()));
  }

  @Override
  public void notHere(String text) {
    send(Settle.newBuilder().setTicket(ticket).setNotHere(true).setText(text));
  }

  private void send(Settle.Builder settle) {
    bus.send(origin, ShardCall.newBuilder().setSettle(settle).build());
  }
}
