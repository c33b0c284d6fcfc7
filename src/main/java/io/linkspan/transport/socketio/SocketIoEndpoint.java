package io.linkspan.transport.socketio;

import io.linkspan.admission.Admission;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.protocol.socketio.SocketConfig;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Shard;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.http.HttpEndpoint;
import io.linkspan.transport.http.Origins;
import io.linkspan.transport.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets Socket.IO clients in, or tells them why not, and brings their requests to their sessions.
 * Used only on its event loop, but for {@link #newSocket}.
 */
public final class SocketIoEndpoint implements HttpEndpoint {

  private static final Logger LOG = LoggerFactory.getLogger(SocketIoEndpoint.class);

  /** Added to the time the outbox gives a client to acknowledge. */
  private static final long ACK_MARGIN_MS = 1_000;

  private final Vertx vertx;
  private final int index;
  private final SocketIoConfig config;
  private final LimitsConfig limits;
  private final Origins origins;
  private final Admission admission;
  private final TransportMetrics metrics;
  private final EngineSessions sessions;
  private final Shard shard;
  private final EventLoop loop;
  private final EngineAddress self;
  private final Relay relay;
  private final RelayMailbox relayMailbox;
  private final EngineConfig engineConfig;
  private final SocketConfig socketConfig;
  private final FrontDoor door;
  private final Handshake handshake;
  private final long ackWithin;
  private boolean draining;

  /**
   * To be made on its event loop.
   *
   * @param index of the loop's shard
   */
  public SocketIoEndpoint(
      Vertx vertx,
      int index,
      SocketIoConfig config,
      LimitsConfig limits,
      DeliveryConfig delivery,
      Origins origins,
      Admission admission,
      IdentityProvider identities,
      TransportMetrics metrics,
      EngineSessions sessions,
      Shard shard) {
    this.vertx = vertx;
    this.index = index;
    this.config = config;
    this.limits = limits;
    this.origins = origins;
    this.admission = admission;
    this.metrics = metrics;
    this.sessions = sessions;
    this.shard = shard;
    loop = EventLoop.current(vertx);
    self = new EngineAddress(sessions.nodes().self().id(), index);
    relay = new Relay(vertx, self, config, sessions, loop);
    relayMailbox = new RelayMailbox(vertx, this, sessions);
    engineConfig = config.engine(limits);
    socketConfig = config.socket();
    door = new FrontDoor(engineConfig);
    handshake =
        new Handshake(identities, admission, config.clientAcknowledges(), config.recovery());
    ackWithin =
        delivery.ackTimeout().multipliedBy(delivery.maxAttempts()).toMillis() + ACK_MARGIN_MS;
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
  public Future<Void> drain() {
    draining = true;
    relay.drain();
    for (SocketIoConnection connection : sessions.all()) {
      if (connection.endpoint() == this) {
        connection.goAwayIfAlone();
      }
    }
    return loop.idle();
  }

  @Override
  public void handle(HttpServerRequest http) {
    String origin = http.getHeader(HttpHeaders.ORIGIN);
    boolean welcome = origins.allow(origin);
    putCorsHeaders(http, welcome ? origin : null);
    if (http.method().equals(HttpMethod.OPTIONS)) {
      preflight(http, welcome);
      return;
    }
    EngineRequest request = read(http);
    var exchange = new LocalExchange(http, request, loop);
    if (request == null) {
      exchange.refuse(EngineError.BAD_REQUEST);
      return;
    }
    String forbidden = welcome ? null : Refusal.ORIGIN.message();
    SocketIoConnection known = sessions.find(request.sid());
    if (known == null) {
      EngineAddress owner = sessions.ownerOf(request.sid());
      if (owner == null) {
        open(http, exchange, forbidden);
      } else {
        relay.handle(exchange, owner);
      }
    } else if (known.loop().isCurrent()) {
      known.link().handle(exchange, forbidden);
    } else {
      if (request.upgrade() || http.method().equals(HttpMethod.POST)) {
        exchange.pause();
      }
      known.loop().run(() -> known.link().handle(exchange, forbidden));
    }
  }

  /** Null when the query is not one. */
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

  /** Old browser clients send credentials always, for which an origin has to be named. */
  private static void putCorsHeaders(HttpServerRequest http, String origin) {
    HttpServerResponse response = http.response().putHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    if (origin != null) {
      response
          .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
          .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
  }

  private static void preflight(HttpServerRequest http, boolean welcome) {
    HttpServerResponse response = http.response().setStatusCode(204);
    if (welcome) {
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
      if (forbidden != null && refused.status() == Refusal.ORIGIN.status()) {
        metrics.refused(CloseReason.FORBIDDEN);
      }
      exchange.refuse(refused);
      return;
    }
    if (draining) {
      Refusal.draining().send(http);
      return;
    }
    String address = http.remoteAddress().hostAddress();
    long wait = admission.enter(address);
    if (wait > 0) {
      metrics.refused(CloseReason.RATE_LIMITED);
      Refusal.rateLimited("too many connections", wait).send(http);
      return;
    }
    if (((FrontDoor.Admitted) decision).action() == FrontDoor.Action.OPEN_POLLING) {
      openPolling(exchange, address);
    } else {
      openWebSocket(exchange, address);
    }
  }

  private void openPolling(LocalExchange exchange, String address) {
    EngineRequest request = exchange.request();
    long now = DeadlineTimer.now();
    EngineSession<HttpExchange, EngineSocket> engine =
        EngineSession.overPolling(engineConfig, request, sessions.newId(index), exchange, now);
    connect(engine, exchange, address).drain();
  }

  private void openWebSocket(LocalExchange exchange, String address) {
    exchange.upgrade(
        webSocket -> {
          EngineSocket socket = newSocket(webSocket, loop);
          EngineSession<HttpExchange, EngineSocket> engine =
              EngineSession.overWebSocket(
                  engineConfig,
                  exchange.request(),
                  sessions.newId(index),
                  socket,
                  DeadlineTimer.now());
          EngineLink link = connect(engine, exchange, address);
          socket.listen(link);
          link.drain();
        },
        failure -> {
          admission.leave(address);
          LOG.debug("{} did not upgrade: {}", exchange.remote(), failure.getMessage());
        });
  }

  private EngineLink connect(
      EngineSession<HttpExchange, EngineSocket> engine, LocalExchange exchange, String address) {
    var socket =
        new SocketSession<>(
            engine, engineConfig, socketConfig, exchange.request().query(), DeadlineTimer.now());
    var connection = new SocketIoConnection(this, socket, exchange.remote(), address);
    sessions.add(engine.sid(), connection);
    return connection.link();
  }

  /** How a request is answered whose session is unknown. */
  FrontDoor.Refused refusal(HttpExchange exchange) {
    FrontDoor.Decision decision =
        door.decide(exchange.request(), exchange.origin(), null, null, DeadlineTimer.now());
    return (FrontDoor.Refused) decision;
  }

  /** May be called on another loop: on that of the WebSocket. */
  EngineSocket newSocket(ServerWebSocket webSocket, EventLoop home) {
    return new EngineSocket(vertx, webSocket, home, loop, config.maxFrame(), limits.writeQueue());
  }

  void forget(String sid, String address) {
    sessions.remove(sid);
    admission.leave(address);
  }

  /** Until when an acknowledgement is still worth something. */
  long ackDeadline() {
    return DeadlineTimer.now() + ackWithin;
  }

  Vertx vertx() {
    return vertx;
  }

  EventLoop loop() {
    return loop;
  }

  SocketIoConfig config() {
    return config;
  }

  LimitsConfig limits() {
    return limits;
  }

  TransportMetrics metrics() {
    return metrics;
  }

  FrontDoor door() {
    return door;
  }

  Handshake handshake() {
    return handshake;
  }

  Shard shard() {
    return shard;
  }

  boolean isDraining() {
    return draining;
  }
}
