package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.wire.Settle;
import io.linkspan.wire.ShardCall;
import io.vertx.core.MultiMap;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;

/**
 * Tells the shard that a Message came from how its delivery ended.
 *
 * @param origin bus address of that shard
 * @param ticket what it knows the delivery by
 */
record RemoteCallback(EventBus bus, String origin, long ticket) implements DeliveryCallback {

  private static final String ORIGIN = "origin";
  private static final String TICKET = "ticket";

  /** As the headers of a Message between shards say; null when nobody asks. */
  static RemoteCallback of(EventBus bus, MultiMap headers) {
    String origin = headers.get(ORIGIN);
    return origin == null
        ? null
        : new RemoteCallback(bus, origin, Long.parseLong(headers.get(TICKET)));
  }

  void addTo(DeliveryOptions options) {
    options.addHeader(ORIGIN, origin).addHeader(TICKET, Long.toString(ticket));
  }

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
