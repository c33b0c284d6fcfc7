package io.linkspan.session;

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
 * Where other nodes reach this one with a Message to a group: it crosses the network once for a
 * node, and from here goes to the shards that have members. Used on one event loop.
 */
public final class NodeMailbox {

  private final EventBus bus;
  private final SessionDirectory directory;
  private final Nodes.Node self;
  private MessageConsumer<Object> consumer;

  public NodeMailbox(Vertx vertx, SessionDirectory directory, Nodes.Node self) {
    this.bus = vertx.eventBus();
    this.directory = directory;
    this.self = self;
  }

  /** Done when other nodes can reach this one. */
  public Future<Void> open() {
    consumer = bus.consumer(self.address(), this::receive);
    return consumer.completion();
  }

  private void receive(io.vertx.core.eventbus.Message<Object> request) {
    if (request.body() instanceof Message message) {
      handOn(request, message);
    } else if (request.body() instanceof ShardCall call && call.hasFlush()) {
      flush(request, call);
    }
  }

  /** What has come for a group is with the shards' sessions. */
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

  private void handOn(io.vertx.core.eventbus.Message<Object> request, Message message) {
    Collection<String> shards = directory.shardsHere(Recipient.of(message.getTo()).name());
    DeliveryCallback settlement = RemoteCallback.of(bus, request.headers());
    DeliveryCallback whole =
        settlement == null ? new BusReply(request, message.getEventId()) : settlement;
    var options = new DeliveryOptions();
    DeliveryScope.of(request.headers()).addTo(options);
    Future.join(shards.stream().map(shard -> bus.request(shard, message, options)).toList())
        .onComplete(
            delivered -> whole.delivered(By.TRANSPORT, null),
            failure -> whole.failed(MessageException.from(failure)));
  }
}
