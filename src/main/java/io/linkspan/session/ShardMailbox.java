package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.bus.LocalNode;
import io.linkspan.bus.LoopAddress;
import io.linkspan.delivery.DeliveryCallbacks;
import io.linkspan.delivery.VertxShardBus;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Receives from the bus for a shard: Messages for its sessions, calls of other shards, requests
 * about its sessions, and Messages that services on its event loop send to any client.
 */
public final class ShardMailbox {

  private final Vertx vertx;
  private final Shard shard;
  private final String node;
  private final VertxShardBus bus;
  private final LoopAddress outbound;
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();

  /**
   * Creates the mailbox of a shard.
   *
   * @param node id of the shard's node
   */
  public ShardMailbox(Vertx vertx, Shard shard, String node) {
    this.vertx = vertx;
    this.shard = shard;
    this.node = node;
    bus = new VertxShardBus(vertx);
    outbound = LoopAddress.onThisLoop(vertx, Addresses.OUTBOUND);
  }

  /**
   * Starts to listen.
   *
   * @param outboundForAll whether this shard also routes what services on other loops send. One
   *     shard of a node does: with several, the Messages of one service could overtake each other.
   */
  public Future<Void> open(boolean outboundForAll) {
    EventBus events = vertx.eventBus();
    consumers.add(events.consumer(shard.address(), this::receive));
    MessageConsumer<Object> local = events.localConsumer(outbound.local(), this::route);
    consumers.add(local);
    if (outboundForAll) {
      consumers.add(events.consumer(Addresses.OUTBOUND, this::route));
      consumers.add(events.consumer(Addresses.outboundOf(node), this::route));
    }
    return Future.all(consumers.stream().map(MessageConsumer::completion).toList())
        .onSuccess(
            v -> {
              local.endHandler(end -> outbound.withdraw());
              outbound.announce();
              if (outboundForAll) {
                LocalNode.announce(vertx, node);
              }
            })
        .mapEmpty();
  }

  /** Stops to listen. */
  public Future<Void> close() {
    return Future.join(consumers.stream().map(MessageConsumer::unregister).toList()).mapEmpty();
  }

  private void receive(io.vertx.core.eventbus.Message<Object> request) {
    if (request.body() instanceof Message message) {
      shard.deliver(
          message, VertxShardBus.scopeOf(request.headers()), bus.callbackOf(request, message));
    } else if (request.body() instanceof ShardCall call) {
      Future<ShardReply> answer = shard.answer(call);
      if (answer != null) {
        answer.onSuccess(request::reply);
      }
    } else if (request.body() instanceof JsonObject question) {
      shard
          .answer(question)
          .onComplete(
              request::reply, failure -> request.reply(MessageException.from(failure).toReply()));
    }
  }

  private void route(io.vertx.core.eventbus.Message<Object> request) {
    if (request.body() instanceof JsonObject) {
      request.reply(new JsonObject().put("node", node));
    } else if (request.body() instanceof Message outgoing) {
      shard.route(
          outgoing,
          VertxShardBus.scopeOf(request.headers()),
          message -> DeliveryCallbacks.replyTo(request, message.getEventId()));
    } else {
      request.fail(ErrorCode.MALFORMED.number(), "the body must be a Message");
    }
  }
}
