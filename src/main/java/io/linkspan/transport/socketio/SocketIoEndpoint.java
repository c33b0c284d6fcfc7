package io.linkspan.transport.socketio;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.directory.Nodes;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.protocol.socketio.SocketConfig;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.channel.ConnectContext;
import io.linkspan.transport.engineio.EngineAddress;
import io.linkspan.transport.engineio.EngineLink;
import io.linkspan.transport.engineio.EngineSessions;
import io.linkspan.transport.engineio.EngineSocket;
import io.linkspan.transport.engineio.EventLoop;
import io.linkspan.transport.engineio.HttpExchange;
import io.linkspan.transport.engineio.LocalExchange;
import io.linkspan.transport.engineio.relay.Relay;
import io.linkspan.transport.engineio.relay.RelayLimiter;
import io.linkspan.transport.engineio.relay.RelayMailbox;
import io.linkspan.transport.http.HttpCredentials;
import io.linkspan.transport.http.HttpEndpoint;
import io.linkspan.transport.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Admits Socket.IO clients, and gives their requests to their sessions, on whichever event loop or
 * node these live. Used only on its event loop.
 */
public final class SocketIoEndpoint implements HttpEndpoint {

  /**
   * The objects that the endpoints of a node share.
   *
   * @param limits of new connections, which can change
   * @param namespaces that clients may join, which can change
   * @param credentials reads those of a request; can change
   */
  public record Shared(
      SocketIoConfig config,
      Supplier<LimitsConfig> limits,
      Supplier<List<String>> namespaces,
      DeliveryConfig delivery,
      Supplier<HttpCredentials> credentials,
      TransportMetrics metrics,
      EngineSessions sessions,
      Nodes nodes,
      RelayLimiter relayLimiter) {}

  /** Added to the time that the outbox gives a client to acknowledge. */
  private static final long ACK_MARGIN_MS = 1_000;

  private final Shared shared;
  private final SocketIoConfig config;
  private final ConnectPolicy policy;
  private final TransportMetrics metrics;
  private final EngineSessions sessions;
  private final Nodes nodes;
  private final EventLoop loop;
  private final EngineAddress self;
  private final Relay relay;
  private final RelayMailbox relayMailbox;
  private final EngineConfig engineConfig;
  private final SocketConfig socketConfig;
  private final FrontDoor door;
  private final EngineLink.Context linkContext;
  private final SocketIoContext connectionContext;

  /**
   * Creates the endpoint of the event loop that calls this.
   *
   * @param index of the event loop's shard
   */
  public SocketIoEndpoint(Vertx vertx, int index, Shared shared, ConnectContext context) {
    this.shared = shared;
    config = shared.config();
    policy = context.policy();
    metrics = shared.metrics();
    sessions = shared.sessions();
    nodes = shared.nodes();
    loop = EventLoop.current(vertx, context.latch(), context.shard().memory(), context.timers());
    self = new EngineAddress(nodes.self().id(), index);
    engineConfig = config.engine(shared.limits().get());
    socketConfig = config.socket();
    door = new FrontDoor(engineConfig);
    linkContext =
        new EngineLink.Context(
            loop,
            door,
            config.maxFrame(),
            shared.limits().get().writeQueue(),
            shared.limits().get().closeTimeout());
    relay = new Relay(self, nodes, engineConfig, shared.relayLimiter(), loop);
    relayMailbox = new RelayMailbox(linkContext, sessions, nodes);
    connectionContext =
        new SocketIoContext(
            linkContext,
            sessions,
            config,
            shared.limits(),
            shared.namespaces(),
            ackWithin(shared.delivery()),
            new Handshake(
                policy,
                context.shard().permissions(),
                config.clientAcknowledges(),
                config.recovery()),
            context.shard(),
            metrics);
  }

  private static long ackWithin(DeliveryConfig delivery) {
    return delivery.ackTimeout().multipliedBy(delivery.maxAttempts()).toMillis() + ACK_MARGIN_MS;
  }

  @Override
  public boolean serves(String path) {
    return path.startsWith(config.path())
        && (path.length() == config.path().length()
            || (path.length() == config.path().length() + 1 && path.endsWith("/")));
  }

  @Override
  public Future<Void> open() {
    relay.open();
    return relayMailbox.open(self);
  }

  @Override
  public Future<Void> close() {
    return relay.close().eventually(relayMailbox::close);
  }

  @Override
  public void drain() {
    relay.drain();
    sessions.on(loop).forEach(EngineLink::nodeDrains);
  }

  @Override
  public void handle(HttpServerRequest http, SocketAddress client) {
    String origin = http.getHeader(HttpHeaders.ORIGIN);
    String forbidden = forbidden(origin, http.getHeader(HttpHeaders.HOST));
    putCorsHeaders(http, forbidden == null ? origin : null);
    if (http.method().equals(HttpMethod.OPTIONS)) {
      preflight(http, forbidden == null);
      return;
    }
    EngineRequest request = read(http);
    var exchange = new LocalExchange(http, client, request, loop);
    if (request == null) {
      exchange.refuse(EngineError.BAD_REQUEST);
      return;
    }
    EngineLink known = sessions.find(request.sid());
    if (known == null) {
      EngineAddress owner = EngineAddress.ofRemote(request.sid(), nodes);
      if (owner == null) {
        open(http, exchange, forbidden);
      } else {
        relay.handle(exchange, owner);
      }
    } else if (known.loop().isCurrent()) {
      known.handle(exchange, forbidden);
    } else {
      if (request.upgrade() || http.method().equals(HttpMethod.POST)) {
        exchange.pause();
      }
      known.loop().run(() -> known.handle(exchange, forbidden));
    }
  }

  /** Returns why web pages of this origin may not connect, or null. */
  private String forbidden(String origin, String host) {
    try {
      policy.checkOrigin(origin, host);
      return null;
    } catch (ConnectRefusedException refusal) {
      return refusal.getMessage();
    }
  }

  /** Returns null when the query cannot be decoded. */
  private static EngineRequest read(HttpServerRequest http) {
    MultiMap parameters;
    try {
      parameters = http.params();
    } catch (IllegalArgumentException e) {
      return null;
    }
    Map<String, String> query = new HashMap<>();
    parameters.forEach(parameter -> query.put(parameter.getKey(), parameter.getValue()));
    boolean upgrade = http.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true);
    return EngineRequest.of(http.method().name(), upgrade, query);
  }

  /** Old browser clients always send credentials, for which the origin must be named. */
  private static void putCorsHeaders(HttpServerRequest http, String origin) {
    HttpServerResponse response = http.response().putHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    if (origin != null) {
      response
          .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
          .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
  }

  private static void preflight(HttpServerRequest http, boolean allowed) {
    HttpServerResponse response = http.response().setStatusCode(204);
    if (allowed) {
      response.putHeader(
          HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, "GET,HEAD,PUT,PATCH,POST,DELETE");
      String headers = http.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
      if (headers != null) {
        response
            .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers)
            .putHeader(HttpHeaders.VARY, "Origin, Access-Control-Request-Headers");
      }
    }
    response.putHeader(HttpHeaders.CONTENT_LENGTH, "0").end();
  }

  private void open(HttpServerRequest http, LocalExchange exchange, String forbidden) {
    EngineRequest request = exchange.request();
    FrontDoor.Decision decision =
        door.decide(request, exchange.origin(), forbidden, null, DeadlineTimer.now());
    if (decision instanceof FrontDoor.Refused refused) {
      if (forbidden != null && refused.status() == EngineError.FORBIDDEN.status()) {
        metrics.refused(CloseReason.FORBIDDEN);
      }
      exchange.refuse(refused);
      return;
    }
    Credentials credentials =
        shared.credentials().get().read(http, metrics.transport(), exchange.remote());
    Arrival arrival;
    try {
      arrival = Arrival.of(policy, loop, credentials);
    } catch (ConnectRefusedException refusal) {
      metrics.refused(refusal.reason());
      Refusal.of(refusal).send(http);
      return;
    }
    if (((FrontDoor.Admitted) decision).action() == FrontDoor.Action.OPEN_POLLING) {
      openPolling(exchange, arrival);
    } else {
      openWebSocket(exchange, arrival);
    }
  }

  private void openPolling(LocalExchange exchange, Arrival arrival) {
    EngineRequest request = exchange.request();
    long now = DeadlineTimer.now();
    EngineSession<HttpExchange, EngineSocket> engine =
        EngineSession.overPolling(engineConfig, request, self.newSid(), exchange, now);
    connect(engine, exchange, arrival).drain();
  }

  private void openWebSocket(LocalExchange exchange, Arrival arrival) {
    exchange.upgrade(
        webSocket -> {
          EngineSocket socket = linkContext.open(webSocket, loop);
          EngineSession<HttpExchange, EngineSocket> engine =
              EngineSession.overWebSocket(
                  engineConfig, exchange.request(), self.newSid(), socket, DeadlineTimer.now());
          EngineLink link = connect(engine, exchange, arrival);
          socket.listen(link);
          link.drain();
        },
        arrival::leave);
  }

  private EngineLink connect(
      EngineSession<HttpExchange, EngineSocket> engine, LocalExchange exchange, Arrival arrival) {
    var socket =
        new SocketSession<>(
            engine,
            engineConfig,
            socketConfig,
            Handshake.parametersOf(exchange.request().query()),
            DeadlineTimer.now());
    var connection =
        new SocketIoConnection(connectionContext, engine, socket, exchange.remote(), arrival);
    arrival.onGiveUp(() -> connection.close(CloseReason.RATE_LIMITED));
    sessions.add(connection.link());
    return connection.link();
  }
}
