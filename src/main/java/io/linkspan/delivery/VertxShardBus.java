package io.linkspan.delivery;

import io.linkspan.api.Addresses;
import io.linkspan.api.Message;
import io.linkspan.bus.BusCodecs;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;

/** The event bus between shards. Scope and callback of a Message travel as bus headers. */
public final class VertxShardBus implements ShardBus {

  private static final String EXCEPT = "except";
  private static final String ONLY = "only";
  private static final String ORIGIN = "origin";
  private static final String TICKET = "ticket";

  private final EventBus bus;

  /** Registers the codecs that shards use between them. */
  public VertxShardBus(Vertx vertx) {
    bus = vertx.eventBus();
    BusCodecs.register(vertx, ShardCall.class, "c", ShardCall.parser());
    BusCodecs.register(vertx, ShardReply.class, "r", ShardReply.parser());
  }

  @Override
  public Future<ShardReply> call(String address, ShardCall call, long timeout) {
    return bus.<ShardReply>request(address, call, new DeliveryOptions().setSendTimeout(timeout))
        .map(io.vertx.core.eventbus.Message::body);
  }

  @Override
  public void send(String address, ShardCall call) {
    bus.send(address, call);
  }

  @Override
  public Future<Void> write(
      String address, Message message, DeliveryScope scope, String origin, long ticket) {
    DeliveryOptions options = optionsOf(scope);
    if (origin != null) {
      options.addHeader(ORIGIN, origin).addHeader(TICKET, Long.toString(ticket));
    }
    return bus.<Message>sender(address, options).write(message);
  }

  /** Returns the headers of a scope. */
  static DeliveryOptions optionsOf(DeliveryScope scope) {
    var options = new DeliveryOptions();
    if (scope.except() != null) {
      options.addHeader(EXCEPT, scope.except());
    }
    if (scope.only() != null) {
      options.addHeader(ONLY, scope.only());
    }
    if (scope.acceptedIsEnough()) {
      options.addHeader(Addresses.WAIT, Addresses.WAIT_ACCEPTED);
    }
    return options;
  }

  /** Reads the scope of a Message from its bus headers. */
  public static DeliveryScope scopeOf(MultiMap headers) {
    if (headers.isEmpty()) {
      return DeliveryScope.ACKNOWLEDGED;
    }
    return new DeliveryScope(
        headers.get(EXCEPT),
        headers.get(ONLY),
        Addresses.WAIT_ACCEPTED.equals(headers.get(Addresses.WAIT)));
  }

  /** Returns the callback of a Message: its origin's, or a reply to the bus request. */
  public DeliveryCallback callbackOf(
      io.vertx.core.eventbus.Message<Object> request, Message message) {
    String origin = request.headers().get(ORIGIN);
    return origin == null
        ? DeliveryCallbacks.replyTo(request, message.getEventId())
        : new RemoteCallback(this, origin, Long.parseLong(request.headers().get(TICKET)));
  }
}
