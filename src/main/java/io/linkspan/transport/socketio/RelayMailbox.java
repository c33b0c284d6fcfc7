package io.linkspan.transport.socketio;

import io.linkspan.bus.BusCodecs;
import io.linkspan.directory.Nodes;
import io.linkspan.transport.socketio.wire.RelayCall;
import io.linkspan.transport.socketio.wire.RelayReply;
import io.linkspan.transport.socketio.wire.RelayedId;
import io.linkspan.transport.socketio.wire.RelayedRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes the requests of this event loop's sessions that came to other nodes, and brings each to its
 * session as if it had come here. Used only on its event loop.
 */
final class RelayMailbox implements Nodes.Listener {

  private final Vertx vertx;
  private final SocketIoEndpoint endpoint;
  private final EngineSessions sessions;
  private final Map<RelayedId, RelayedExchange> exchanges = new HashMap<>();
  private MessageConsumer<RelayCall> consumer;

  RelayMailbox(Vertx vertx, SocketIoEndpoint endpoint, EngineSessions sessions) {
    this.vertx = vertx;
    this.endpoint = endpoint;
    this.sessions = sessions;
  }

  /**
   * Starts to listen.
   *
   * @param self this event loop, as other nodes name it
   */
  Future<Void> open(EngineAddress self) {
    BusCodecs.register(vertx, RelayCall.class, "ec", RelayCall.parser());
    BusCodecs.register(vertx, RelayReply.class, "er", RelayReply.parser());
    sessions.nodes().watch(this);
    consumer = vertx.eventBus().consumer(self.address(), this::receive);
    return consumer.completion();
  }

  Future<Void> close() {
    return consumer == null ? Future.succeededFuture() : consumer.unregister();
  }

  private void receive(Message<RelayCall> message) {
    RelayCall call = message.body();
    RelayedExchange exchange = exchanges.get(call.getId());
    switch (call.getCallCase()) {
      case REQUEST -> onRequest(message, call.getId(), call.getRequest());
      case BODY -> {
        if (exchange == null) {
          // The session could not wait for it.
          message.reply(RelayedExchange.CUT);
        } else {
          exchange.onBody(message, call.getBody().getContent());
        }
      }
      case ABORT -> {
        if (exchange != null) {
          exchange.abort();
        }
      }
      case RELEASE -> {
        if (exchange != null) {
          exchange.release();
        }
      }
      case CALL_NOT_SET -> message.fail(0, "from a node of another version");
    }
  }

  private void onRequest(Message<RelayCall> message, RelayedId id, RelayedRequest request) {
    var exchange = new RelayedExchange(request, message, () -> exchanges.remove(id));
    SocketIoConnection known = sessions.find(exchange.request().sid());
    if (known == null) {
      exchange.refuse(endpoint.refusal(exchange));
      return;
    }
    exchanges.put(id, exchange);
    exchange.bringTo(known.link());
  }

  @Override
  public void joined(Nodes.Node node) {
    // It will send what it has.
  }

  @Override
  public void left(Nodes.Node node) {
    // Its clients' connections went with it.
    endpoint
        .loop()
        .run(
            () -> {
              for (Map.Entry<RelayedId, RelayedExchange> entry :
                  List.copyOf(exchanges.entrySet())) {
                if (entry.getKey().getNode().equals(node.id())) {
                  entry.getValue().abort();
                }
              }
            });
  }

  @Override
  public void merged() {
    // The others were told to have left, so nothing of theirs is here.
  }
}
