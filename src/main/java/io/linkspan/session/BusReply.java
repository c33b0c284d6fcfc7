package io.linkspan.session;

import io.linkspan.api.AckMessage;
import io.linkspan.api.Addresses;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.routing.Recipient;
import io.vertx.core.eventbus.DeliveryOptions;

/** Replies to whoever asked on the bus for a delivery. */
final class BusReply implements Settlement {

  private static final DeliveryOptions BY_CLIENT =
      new DeliveryOptions().addHeader(Addresses.BY, By.CLIENT.label());
  private static final DeliveryOptions BY_TRANSPORT =
      new DeliveryOptions().addHeader(Addresses.BY, By.TRANSPORT.label());

  /** Failure code between shards: the recipient is not here, and may be elsewhere. */
  static final int NOT_HERE = 1404;

  private final io.vertx.core.eventbus.Message<?> request;
  private final String eventId;
  private final boolean toShard;

  /**
   * @param toShard whether a shard asks, which may look elsewhere
   */
  BusReply(io.vertx.core.eventbus.Message<?> request, String eventId, boolean toShard) {
    this.request = request;
    this.eventId = eventId;
    this.toShard = toShard;
  }

  @Override
  public void delivered(By by, Message reply) {
    request.reply(
        reply == null ? AckMessage.newBuilder().setEventId(eventId).build() : reply,
        by == By.CLIENT ? BY_CLIENT : BY_TRANSPORT);
  }

  @Override
  public void failed(MessageException failure) {
    request.fail(failure.code().number(), failure.getMessage());
  }

  @Override
  public void notHere(Recipient recipient) {
    MessageException failure = Courier.noSuchRecipient(recipient);
    request.fail(toShard ? NOT_HERE : failure.code().number(), failure.getMessage());
  }
}
