package io.linkspan.delivery;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.routing.Recipient;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.Collection;

/**
 * Receives Messages to groups from other nodes: a Message crosses the network once for a node, and
 * from here goes to the shards that have members. Used on one event loop.
 */
public final class NodeMailbox {

  private final EventBus bus;
  private final VertxShardBus shards;
  private final SessionDirectory directory;
  private final Nodes.Node self;
  private MessageConsumer<Object> consumer;

  /** Creates the mailbox of this node. */
  public NodeMailbox(Vertx vertx, SessionDirectory directory, Nodes.Node self) {
    this.bus = vertx.eventBus();
    this.shards = new VertxShardBus(vertx);
    this.directory = directory;
    this.self = self;
  }

  /** Starts to listen; completes when other nodes can reach this one. */
  public Future<Void> open() {
    consumer = bus.consumer(self.address(), this::receive);
    return consumer.completion();
  }

  private void receive(io.vertx.core.eventbus.Message<Object> request) {
    if (request.body() instanceof Message message) {
      deliver(request, message);
    } else if (request.body() instanceof ShardCall call && call.hasFlush()) {
      flush(request, call);
    }
  }

  /** Answers when all that has arrived for a group is with the sessions of the shards. */
  private void flush(io.vertx.core.eventbus.Message<Object> request, ShardCall call) {
    Future.join(
            self.addresses().stream().map(shard -> bus.<ShardReply>request(shard, call)).toList())
        .onSuccess(
            replies ->
                request.reply(
                    replies.<io.vertx.core.eventbus.Message<ShardReply>>list().stream()
                        .map(io.vertx.core.eventbus.Message::body)
                        .filter(reply -> !reply.getConfirm().getStands())
                        .findAny()
                        .orElse(
                            replies
                                .<io.vertx.core.eventbus.Message<ShardReply>>resultAt(0)
                                .body())));
  }

  private void deliver(io.vertx.core.eventbus.Message<Object> request, Message message) {
    DeliveryCallback callback = shards.callbackOf(request, message);
    DeliveryOptions options = VertxShardBus.optionsOf(VertxShardBus.scopeOf(request.headers()));
    Collection<String> addresses = directory.shardsHere(Recipient.of(message.getTo()).name());
    Future.join(addresses.stream().map(address -> bus.request(address, message, options)).toList())
        .onComplete(
            delivered -> callback.delivered(By.TRANSPORT, null),
            failure -> callback.failed(MessageException.from(failure)));
  }
}
