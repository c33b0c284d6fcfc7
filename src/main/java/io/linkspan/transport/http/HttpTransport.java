package io.linkspan.transport.http;

import io.linkspan.config.ListenException;
import io.linkspan.listener.AcceptGate;
import io.linkspan.listener.CertificateWatch;
import io.linkspan.listener.ClientAddress;
import io.linkspan.listener.RequestLog;
import io.linkspan.listener.RequestValidator;
import io.linkspan.memory.OutOfMemory;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.net.RFC3986;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The HTTP port on one event loop. All loops of a node listen at the same port, and connections go
 * round among them.
 */
public final class HttpTransport {

  private static final int MAX_HEADERS = 16 * 1024;
  private static final int BACKLOG = 4096;

  private final Vertx vertx;
  private final HttpServerOptions options;
  private final HttpServer server;
  private final ClientAddress addresses;
  private final RequestLog log = new RequestLog("http");
  private final CertificateWatch certificate;
  private final HttpConfig config;
  private final UpgradeConfig upgrades;
  private final Consumer<ChannelPipeline> guards;
  private final List<HttpEndpoint> endpoints;

  /**
   * @param upgrades settings of connections that become WebSockets
   * @param guards completes the pipeline of a new connection
   * @param endpoints asked in this order
   * @param watches whether this instance watches the certificate, for all event loops
   */
  public HttpTransport(
      Vertx vertx,
      HttpConfig config,
      UpgradeConfig upgrades,
      Consumer<ChannelPipeline> guards,
      List<HttpEndpoint> endpoints,
      boolean watches) {
    this.vertx = vertx;
    this.config = config;
    this.upgrades = upgrades;
    this.guards = guards;
    this.endpoints = List.copyOf(endpoints);
    options = new HttpServerOptions();
    options
        .setHost(config.host())
        // Below zero, Vert.x gives all loops of the node the same free port.
        .setPort(config.port() == 0 ? -1 : config.port())
        .setMaxInitialLineLength(config.maxRequestLine())
        .setMaxHeaderSize(MAX_HEADERS)
        .setAcceptBacklog(BACKLOG)
        .setTcpNoDelay(true)
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setIdleTimeout((int) config.idleTimeout().toMillis())
        // Connections belong to one event loop, and saying so saves a queue per connection.
        .setStrictThreadMode(true)
        .setHttp2ClearTextEnabled(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setHandle100ContinueAutomatically(true);
    config.tls().applyTo(options);
    addresses = new ClientAddress(config.proxy());
    addresses.applyTo(options);
    server = vertx.createHttpServer(options);
    certificate =
        watches
            ? new CertificateWatch(
                vertx, "http", config.tls(), options.getSslOptions(), server::updateSSLOptions)
            : null;
  }

  /** Lets a gate count the connections; must be called before the port is open. */
  public void guard(AcceptGate gate) {
    gate.guard(vertx, options);
  }

  /**
   * Starts to listen.
   *
   * @return the port in use
   */
  public Future<Integer> listen() {
    server
        .connectionHandler(connection -> prepare((HttpServerConnection) connection))
        .requestHandler(this::route);
    return Future.all(endpoints.stream().map(HttpEndpoint::open).toList())
        .compose(v -> server.listen())
        .compose(v -> certificate == null ? Future.succeededFuture() : certificate.start())
        .map(v -> server.actualPort())
        .recover(
            failure ->
                Future.failedFuture(
                    new ListenException("http", config.host(), config.port(), failure)));
  }

  private void prepare(HttpServerConnection connection) {
    ChannelPipeline pipeline = connection.channelHandlerContext().pipeline();
    pipeline.addFirst(OutOfMemory.Watch.INSTANCE);
    // Before everything that reads the head of a request, and where a response is not encoded yet.
    RequestDecoder decoder = RequestDecoder.install(pipeline, options, upgrades);
    pipeline.addAfter(
        pipeline.context(HttpResponseEncoder.class).name(), null, new RequestGuard(decoder));
    RequestValidator.addTo(pipeline);
    guards.accept(pipeline);
  }

  /** Returns what watches the certificate; null on event loops where nothing does. */
  public CertificateWatch certificate() {
    return certificate;
  }

  /** Closes clients that no session closes, because the event loop is being drained. */
  public void drain() {
    endpoints.forEach(HttpEndpoint::drain);
  }

  /** Closes the port and every connection that is still open. */
  public Future<Void> close() {
    if (certificate != null) {
      certificate.stop();
    }
    return Future.join(endpoints.stream().map(HttpEndpoint::close).toList())
        .eventually(server::close)
        .mapEmpty();
  }

  private void route(HttpServerRequest request) {
    if (request.path() != null) {
      String path;
      try {
        // Equivalent paths are one path (RFC 9110, section 4.2.3).
        path = RFC3986.normalizePath(request.path());
      } catch (IllegalArgumentException e) {
        Refusal.MALFORMED_PATH.send(request);
        return;
      }
      for (HttpEndpoint endpoint : endpoints) {
        if (endpoint.serves(path)) {
          SocketAddress client = addresses.of(request);
          log.watch(request, client);
          endpoint.handle(request, client);
          return;
        }
      }
    }
    Refusal.NOT_FOUND.send(request);
  }
}
