package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.session.wire.Settle;
import io.linkspan.session.wire.ShardCall;
import io.vertx.core.eventbus.EventBus;

/**
 * Tells another shard, which had the session before, how a delivery ended.
 *
 * @param origin bus address of that shard
 * @param ticket what it knows the delivery by
 */
record DistantSettlement(EventBus bus, String origin, long ticket) implements Settlement {

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
            .setText(failure.getMessage()));
  }

  private void send(Settle.Builder settle) {
    bus.send(origin, ShardCall.newBuilder().setSettle(settle).build());
  }
}
