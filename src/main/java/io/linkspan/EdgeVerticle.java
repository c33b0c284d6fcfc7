package io.linkspan;

import io.linkspan.admission.Admission;
import io.linkspan.admission.ClientCheck;
import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.DrainLatch;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Origins;
import io.linkspan.config.Live;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.listener.AcceptGate;
import io.linkspan.listener.CertificateWatch;
import io.linkspan.ops.EventLoopMonitor;
import io.linkspan.session.NodeServices;
import io.linkspan.session.Shard;
import io.linkspan.session.ShardMailbox;
import io.linkspan.time.TimerQueue;
import io.linkspan.time.VertxScheduler;
import io.linkspan.transport.channel.BackPressure;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.channel.ConnectContext;
import io.linkspan.transport.enet.EnetMetrics;
import io.linkspan.transport.enet.EnetPort;
import io.linkspan.transport.enet.EnetTransport;
import io.linkspan.transport.http.HttpCredentials;
import io.linkspan.transport.http.HttpEndpoint;
import io.linkspan.transport.http.HttpTransport;
import io.linkspan.transport.http.PlaygroundEndpoint;
import io.linkspan.transport.http.RequestWatch;
import io.linkspan.transport.http.ScriptFiles;
import io.linkspan.transport.http.UpgradeConfig;
import io.linkspan.transport.socketio.SocketIoEndpoint;
import io.linkspan.transport.tcp.TcpTransport;
import io.linkspan.transport.websocket.WebSocketEndpoint;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Serves the clients of one event loop: a shard with its sessions, and the transports with the
 * connections of these sessions. One instance per event loop.
 */
final class EdgeVerticle extends VerticleBase {

  /** Shared by the instances of a node. */
  record Shared(
      Live<GatewayConfig> live,
      NodeServices shard,
      Admission admission,
      IdentityProvider identities,
      ClientCheck check,
      Supplier<HttpCredentials> credentials,
      PlaygroundEndpoint playground,
      ScriptFiles linkspanClient,
      ScriptFiles socketIoClient,
      MeterRegistry registry,
      TransportMetrics websocket,
      SocketIoEndpoint.Shared socketio,
      EnetShared enet,
      TransportMetrics tcp) {}

  /** Shared by the ENet transports of a node. */
  record EnetShared(EnetPort port, TransportMetrics metrics, EnetMetrics datagrams) {}

  private final int index;
  private final Shared shared;
  private final DrainLatch latch = new DrainLatch();
  private Shard shard;
  private ShardMailbox mailbox;
  private ConnectContext connectContext;
  private HttpTransport http;
  private EnetTransport enet;
  private TcpTransport tcp;
  private EventLoopMonitor monitor;
  private int httpPort;
  private Integer enetPort;
  private Map<String, Integer> tcpPorts;

  EdgeVerticle(int index, Shared shared) {
    this.index = index;
    this.shared = shared;
  }

  @Override
  public Future<?> start() {
    shard = new Shard(vertx, index, shared.shard());
    mailbox = new ShardMailbox(vertx, shard, shared.shard().node());
    monitor = new EventLoopMonitor(vertx, shared.registry(), index);
    GatewayConfig config = shared.live().get();
    Supplier<LimitsConfig> limits = shared.live().view(GatewayConfig::limits);
    connectContext =
        newConnectContext(
            shared
                .live()
                .view(next -> new Origins(next.http().origins(), config.http().isLocal())));
    List<HttpEndpoint> endpoints = new ArrayList<>();
    endpoints.add(
        new WebSocketEndpoint(
            config.websocket(), limits, connectContext, shared.credentials(), shared.websocket()));
    if (config.socketio().enabled()) {
      endpoints.add(socketIo());
      if (config.socketio().serveClient()) {
        endpoints.add(shared.socketIoClient());
      }
    }
    if (config.http().playground()) {
      endpoints.add(shared.playground());
    }
    if (config.http().playground() || config.http().serveClient()) {
      endpoints.add(shared.linkspanClient());
    }
    BackPressureLimits pressure = BackPressureLimits.of(config.limits(), false);
    var gate =
        new AcceptGate(
            shared.admission().pending(), shared.admission().offences(), config.http().proxy());
    http =
        new HttpTransport(
            vertx,
            config.http(),
            new UpgradeConfig(pressure, config.websocket().compression()),
            pipeline -> {
              BackPressure.install(pipeline, pressure);
              RequestWatch.install(pipeline, gate, limits.get().pending().timeout());
            },
            endpoints,
            index == 0);
    http.guard(gate);
    enet = config.enet().enabled() ? newEnetTransport(config, limits) : null;
    tcp = new TcpTransport(vertx, config.tcp(), limits, connectContext, shared.tcp(), index == 0);
    return mailbox
        .open(index == 0)
        .compose(v -> http.listen())
        .onSuccess(port -> httpPort = port)
        .onFailure(shared.enet().port()::fail)
        .compose(v -> listenEnet())
        .compose(v -> tcp.listen())
        .onSuccess(ports -> tcpPorts = ports);
  }

  private EnetTransport newEnetTransport(GatewayConfig config, Supplier<LimitsConfig> limits) {
    return new EnetTransport(
        vertx,
        config.enet(),
        limits,
        connectContext,
        shared.enet().metrics(),
        shared.enet().datagrams(),
        shared.enet().port(),
        index == 0);
  }

  private ConnectContext newConnectContext(Supplier<Origins> origins) {
    var policy =
        new ConnectPolicy(
            latch,
            origins,
            shared.admission(),
            shared.identities(),
            shared.check(),
            shard.memory());
    return new ConnectContext(policy, shard, TimerQueue.ofConnections(new VertxScheduler(vertx)));
  }

  private Future<?> listenEnet() {
    return enet == null
        ? Future.succeededFuture()
        : enet.listen().onSuccess(port -> enetPort = port);
  }

  private SocketIoEndpoint socketIo() {
    return new SocketIoEndpoint(vertx, index, shared.socketio(), connectContext);
  }

  /** Rejects new clients and closes the connected ones; completes when none is left. */
  Future<Void> drain(Duration patience) {
    Promise<Void> done = Promise.promise();
    GatewayConfig config = shared.live().get();
    DrainConfig drain = config.drain();
    int batch = Math.max(1, drain.batch() / config.loops());
    context.runOnContext(
        v -> {
          Future<Void> linksEnded = latch.drain();
          http.drain();
          tcp.drain();
          if (enet != null) {
            enet.drain();
          }
          shard.drain(batch, drain.pause(), patience).compose(w -> linksEnded).onComplete(done);
        });
    return done.future();
  }

  /**
   * Reads the files of all certificates that this instance watches.
   *
   * @return fails when some have changed and cannot be used
   */
  Future<Void> verifyCertificates() {
    Promise<Void> verified = Promise.promise();
    context.runOnContext(
        v ->
            Future.all(certificates().map(CertificateWatch::verify).toList())
                .<Void>mapEmpty()
                .onComplete(verified));
    return verified.future();
  }

  /** Uses certificates that have changed now and not at the next check. */
  void reloadCertificates() {
    context.runOnContext(v -> certificates().forEach(CertificateWatch::checkNow));
  }

  private Stream<CertificateWatch> certificates() {
    return Stream.concat(Stream.ofNullable(http.certificate()), tcp.certificates().stream());
  }

  @Override
  public Future<?> stop() {
    monitor.stop();
    shard.stop();
    Future<Void> enetClosed = enet == null ? Future.succeededFuture() : enet.close();
    return Future.join(mailbox.close(), http.close(), tcp.close(), enetClosed);
  }

  /** Returns the port in use, once started. */
  int httpPort() {
    return httpPort;
  }

  /** Returns the UDP port in use, once started; null when ENet is off. */
  Integer enetPort() {
    return enetPort;
  }

  /** Returns the TCP ports in use, by their labels, once started. */
  Map<String, Integer> tcpPorts() {
    return tcpPorts;
  }
}
