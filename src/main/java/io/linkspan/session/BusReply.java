package io.linkspan.session;

import io.linkspan.api.AckMessage;
import io.linkspan.api.Addresses;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.eventbus.DeliveryOptions;

/** Replies to whoever asked on the bus for a delivery. */
final class BusReply implements DeliveryCallback {

  private static final DeliveryOptions BY_CLIENT =
      new DeliveryOptions().addHeader(Addresses.BY, By.CLIENT.label());
  private static final DeliveryOptions BY_TRANSPORT =
      new DeliveryOptions().addHeader(Addresses.BY, By.TRANSPORT.label());

  private final io.vertx.core.eventbus.Message<?> request;
  private final String eventId;

  BusReply(io.vertx.core.eventbus.Message<?> request, String eventId) {
    this.request = request;
    this.eventId = eventId;
  }

  @Override
  public void delivered(By by, Message reply) {
    request.reply(
        reply == null ? AckMessage.newBuilder().setEventId(eventId).build() : reply,
        by == By.CLIENT ? BY_CLIENT : BY_TRANSPORT);
  }

  @Override
  public void failed(MessageException failure) {
    request.reply(failure.toReply());
  }
}
