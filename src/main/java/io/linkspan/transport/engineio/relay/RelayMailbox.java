package io.linkspan.transport.engineio.relay;

import io.linkspan.bus.BusCodecs;
import io.linkspan.directory.Nodes;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.engineio.EngineAddress;
import io.linkspan.transport.engineio.EngineLink;
import io.linkspan.transport.engineio.EngineSessions;
import io.linkspan.transport.engineio.HttpExchange;
import io.linkspan.transport.engineio.relay.wire.RelayCall;
import io.linkspan.transport.engineio.relay.wire.RelayReply;
import io.linkspan.transport.engineio.relay.wire.RelayedId;
import io.linkspan.transport.engineio.relay.wire.RelayedRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Receives requests that arrived at other nodes and belong to sessions of this event loop, and
 * gives each to its session like a local one. Used only on its event loop.
 */
public final class RelayMailbox implements Nodes.Listener {

  private final EngineLink.Context context;
  private final EngineSessions sessions;
  private final Nodes nodes;
  private final Map<RelayedId, RelayedExchange> exchanges = new HashMap<>();
  private MessageConsumer<RelayCall> consumer;

  public RelayMailbox(EngineLink.Context context, EngineSessions sessions, Nodes nodes) {
    this.context = context;
    this.sessions = sessions;
    this.nodes = nodes;
  }

  /**
   * Starts to listen.
   *
   * @param self address of this event loop
   */
  public Future<Void> open(EngineAddress self) {
    Vertx vertx = context.loop().vertx();
    BusCodecs.register(vertx, RelayCall.class, "ec", RelayCall.parser());
    BusCodecs.register(vertx, RelayReply.class, "er", RelayReply.parser());
    nodes.watch(this);
    consumer = vertx.eventBus().consumer(self.busAddress(), this::receive);
    return consumer.completion();
  }

  public Future<Void> close() {
    return consumer == null ? Future.succeededFuture() : consumer.unregister();
  }

  private void receive(Message<RelayCall> message) {
    RelayCall call = message.body();
    RelayedExchange exchange = exchanges.get(call.getId());
    switch (call.getCallCase()) {
      case REQUEST -> onRequest(message, call.getId(), call.getRequest());
      case BODY -> {
        if (exchange == null) {
          // The session has ended meanwhile.
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
    EngineLink session = sessions.find(exchange.request().sid());
    if (session == null) {
      exchange.refuse(unknown(exchange));
      return;
    }
    exchanges.put(id, exchange);
    exchange.handOver(session);
  }

  private FrontDoor.Refused unknown(HttpExchange exchange) {
    FrontDoor.Decision decision =
        context
            .door()
            .decide(exchange.request(), exchange.origin(), null, null, DeadlineTimer.now());
    return (FrontDoor.Refused) decision;
  }

  @Override
  public void joined(Nodes.Node node) {
    // A new node has relayed nothing yet.
  }

  @Override
  public void left(Nodes.Node node) {
    // Its clients have lost their connections.
    context
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
    // The other nodes were reported as left before.
  }
}
