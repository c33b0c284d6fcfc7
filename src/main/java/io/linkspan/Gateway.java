package io.linkspan;

import io.linkspan.admission.Admission;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offences;
import io.linkspan.api.MessageCodecs;
import io.linkspan.auth.Authentication;
import io.linkspan.ban.Bans;
import io.linkspan.ban.SharedBans;
import io.linkspan.config.ConfigException;
import io.linkspan.config.Live;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.delivery.NodeMailbox;
import io.linkspan.directory.ClusterMetrics;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.logging.LogLevels;
import io.linkspan.memory.JvmMemory;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.ops.ManagementVerticle;
import io.linkspan.ops.MemoryMonitor;
import io.linkspan.ops.Metrics;
import io.linkspan.ops.Node;
import io.linkspan.ops.ReloadResult;
import io.linkspan.rebalance.RebalanceRequests;
import io.linkspan.rebalance.RebalanceVerticle;
import io.linkspan.revocation.RevocationCheck;
import io.linkspan.revocation.RevocationMetrics;
import io.linkspan.revocation.RevocationRequests;
import io.linkspan.revocation.Revocations;
import io.linkspan.routing.RouteMetrics;
import io.linkspan.routing.RoutingTable;
import io.linkspan.session.ControlService;
import io.linkspan.session.DuplicateFilter;
import io.linkspan.session.IdentityServices;
import io.linkspan.session.NodeServices;
import io.linkspan.session.SessionMetrics;
import io.linkspan.status.NodeFacts;
import io.linkspan.status.StatusService;
import io.linkspan.storm.StormService;
import io.linkspan.telemetry.Tracing;
import io.linkspan.telemetry.otel.OtelTracing;
import io.linkspan.trace.TraceService;
import io.linkspan.transport.channel.BackPressure;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.enet.EnetMetrics;
import io.linkspan.transport.enet.EnetPort;
import io.linkspan.transport.enet.EnetTransport;
import io.linkspan.transport.engineio.EngineSessions;
import io.linkspan.transport.engineio.relay.RelayLimiter;
import io.linkspan.transport.http.HttpCredentials;
import io.linkspan.transport.http.PlaygroundEndpoint;
import io.linkspan.transport.http.ScriptFiles;
import io.linkspan.transport.socketio.ClientFiles;
import io.linkspan.transport.socketio.SocketIoEndpoint;
import io.linkspan.upstream.Upstreams;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node: builds every part, starts them in order, and closes the clients at the end. */
public final class Gateway implements Node {

  private enum State {
    STARTING,
    READY,
    DRAINING,
    STOPPING
  }

  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
  private static final long PING_TIMEOUT_MS = 1_500;

  private final Live<GatewayConfig> live;
  private final Vertx vertx;
  private final String id;
  private final Metrics metrics = new Metrics(Version.current());
  private final TransportMetrics websocket =
      new TransportMetrics(metrics.registry(), metrics.latencies(), "websocket");
  private final TransportMetrics socketio =
      new TransportMetrics(metrics.registry(), metrics.latencies(), "socketio");
  private final TransportMetrics enet =
      new TransportMetrics(metrics.registry(), metrics.latencies(), "enet");
  private final TransportMetrics tcp =
      new TransportMetrics(metrics.registry(), metrics.latencies(), "tcp");
  private final SessionMetrics sessions =
      new SessionMetrics(metrics.registry(), metrics.latencies());
  private final MemoryBudget memory;
  private final MemoryMonitor monitor;
  private final SessionDirectory directory;
  private final Nodes nodes;
  private final BooleanSupplier isMember;
  private final Queue<EdgeVerticle> edges = new ConcurrentLinkedQueue<>();
  private final Upstreams upstreams;
  private final RoutingTable routes;
  private final RouteMetrics routeMetrics;
  private final LogLevels levels = new LogLevels();
  private final Reloader reloader;
  private final ManagementVerticle management;
  private final ControlService control;
  private final NodeMailbox mailbox;
  private final Revocations revocations;
  private final RevocationCheck check;
  private final Authentication authentication;
  private final Tracing tracing;
  private final MessageStore messages;

  /** Null until the start has come to the event loops. */
  private volatile Offences offences;

  /** Written by the thread that starts or drains, read by every event loop. */
  private volatile State state = State.STARTING;

  private Gateway(GatewayConfig config, VertxBootstrap platform) {
    live = new Live<>(config);
    levels.apply(config.log());
    routes = new RoutingTable(config.routes());
    routeMetrics = new RouteMetrics(metrics.registry(), routes);
    vertx = platform.vertx();
    vertx.exceptionHandler(new HandlerFailures()::add);
    memory = JvmMemory.budget(config.memory(), config.loops());
    monitor = new MemoryMonitor(vertx, memory, metrics.registry());
    nodes = platform.nodes();
    directory = platform.directory();
    isMember = platform.isMember();
    id = nodes.self().id();
    tracing =
        config.tracing().isOn()
            ? OtelTracing.start(live.view(GatewayConfig::tracing), id, metrics.registry())
            : Tracing.OFF;
    messages = MessageStore.of(vertx, live, memory, metrics.registry(), platform.logs());
    var refusals = new RevocationMetrics(metrics.registry());
    revocations =
        new Revocations(
            vertx, live.view(GatewayConfig::revocation), platform.revocations(), refusals);
    check = new RevocationCheck(revocations, refusals);
    var requests = new RevocationRequests(revocations);
    control = new ControlService(vertx, directory, nodes, requests, messages.histories());
    authentication = new Authentication(vertx, config.auth(), check);
    upstreams = new Upstreams(vertx, metrics.registry(), metrics.latencies(), tracing, nodes);
    reloader =
        new Reloader(vertx, live, upstreams, authentication, edges::element, this::putIntoForce);
    mailbox = new NodeMailbox(vertx, directory, nodes.self());
    BackPressureLimits pressure = BackPressureLimits.of(config.limits(), false);
    management =
        new ManagementVerticle(
            live.view(GatewayConfig::management),
            metrics,
            this,
            new ConfigurationView(id, live, routes, reloader),
            new TraceService(vertx, nodes, directory, live.view(GatewayConfig::trace)),
            new StatusService(vertx, nodes, facts(), metrics.registry(), metrics.latencies()),
            requests,
            new RebalanceRequests(vertx.eventBus(), nodes),
            new StormService(
                vertx,
                live.view(next -> next.management().storm()),
                () -> live.get().localUrl(edges.element().httpPort()),
                this::ready,
                metrics::scrape),
            config.websocket().maxMessageSize() * 2L,
            pipeline -> BackPressure.install(pipeline, pressure));
  }

  /**
   * Starts a node.
   *
   * @return completes when clients can reach the node; fails when a part could not be started, and
   *     then every other part has been stopped
   */
  public static Future<Gateway> start(GatewayConfig config) {
    String id = String.format("%08x", ThreadLocalRandom.current().nextInt());
    // A promise without a context: after a failure there is no event loop left that could complete
    // it.
    Promise<Gateway> started = Promise.promise();
    VertxBootstrap.open(config, new Nodes.Node(id, config.loops()))
        // Not on the event loop that joined the cluster: loading the classes takes so long that the
        // other nodes would wait.
        .compose(platform -> platform.vertx().executeBlocking(() -> new Gateway(config, platform)))
        .onComplete(gateway -> start(gateway, started), failure -> started.fail(failure));
    return started.future();
  }

  private static void start(Gateway gateway, Promise<Gateway> started) {
    gateway
        .start()
        .onComplete(
            v -> started.complete(gateway),
            failure -> gateway.close().onComplete(closed -> started.fail(failure)));
  }

  /** Returns the ports in use; null for a listener that is off. */
  public JsonObject ports() {
    JsonObject ports =
        new JsonObject()
            .put("http", edges.element().httpPort())
            .put("enet", edges.element().enetPort())
            .put("tcp", null);
    edges.element().tcpPorts().forEach(ports::put);
    return ports.put("management", management.port());
  }

  /** Returns the Vert.x on which verticles of the same process can be deployed. */
  public Vertx vertx() {
    return vertx;
  }

  /**
   * Drains the node: rejects new clients, closes the connections as going-away, in batches, and
   * stops within the configured time.
   */
  public Future<Void> drain() {
    state = State.DRAINING;
    LOG.info("draining {} sessions", sessions.sessions());
    Duration timeout = live.get().drain().timeout();
    // Clients with pending messages get half of the time, closing handshakes most of the rest.
    Duration patience = timeout.dividedBy(2);
    // A Message that is held for an unavailable service would delay the close of its client.
    Future<Void> streamed = upstreams.drain(patience);
    return Future.join(edges.stream().map(edge -> edge.drain(patience)).toList())
        .eventually(() -> streamed)
        .timeout(timeout.toMillis() * 3 / 4, TimeUnit.MILLISECONDS)
        .eventually(this::close)
        .mapEmpty();
  }

  @Override
  public JsonObject describe() {
    return new JsonObject()
        .put("node", id)
        .put("version", Version.current())
        .put("ports", ports())
        .put(
            "connections",
            new JsonObject()
                .put(websocket.transport(), websocket.connections())
                .put(socketio.transport(), socketio.connections())
                .put(enet.transport(), enet.connections())
                .put(tcp.transport(), tcp.connections()))
        .put("sessions", sessions.sessions())
        .put("members", new JsonArray(nodes.all().stream().map(Nodes.Node::id).toList()));
  }

  @Override
  public boolean ready() {
    return state == State.READY && isMember.getAsBoolean();
  }

  @Override
  public String pressure() {
    return monitor.pressure();
  }

  @Override
  public Future<Void> alive() {
    if (state == State.STOPPING) {
      // The shards end before the port of the checks, and a restart would not be faster.
      return Future.succeededFuture();
    }
    var options = new DeliveryOptions().setSendTimeout(PING_TIMEOUT_MS);
    var ping = new JsonObject().put("action", "ping");
    return Future.all(
            nodes.self().addresses().stream()
                .map(shard -> vertx.eventBus().request(shard, ping, options))
                .toList())
        .mapEmpty();
  }

  /**
   * Reads the configuration again and puts its changes into force, all or none of them.
   *
   * @return fails with a {@link ConfigException} when nothing was changed
   */
  public Future<ReloadResult> reload() {
    return reloader.reload();
  }

  /** Puts everything into force that does not read the configuration by itself. */
  private void putIntoForce(GatewayConfig config) {
    routes.replace(config.routes());
    routeMetrics.update();
    levels.apply(config.log());
    if (offences instanceof Bans bans) {
      bans.use(config.bans());
    }
  }

  private Future<Void> start() {
    GatewayConfig config = live.get();
    MessageCodecs.register(vertx);
    monitor.start();
    return EachLoop.deploy(vertx, config.loops(), EchoService::new)
        .compose(v -> deployConfigured())
        .compose(v -> authentication.prepare(config.auth()).onSuccess(authentication::use))
        .compose(v -> revocations.start())
        .compose(v -> messages.start())
        .compose(v -> upstreams.deploy(config.upstreams()))
        .compose(
            v -> {
              EdgeVerticle.Shared shared = share();
              return EachLoop.deploy(vertx, config.loops(), () -> newEdge(shared));
            })
        .compose(v -> Future.all(mailbox.open(), control.open()))
        .compose(
            v ->
                vertx.deployVerticle(
                    new RebalanceVerticle(live.view(GatewayConfig::rebalance), nodes)))
        .compose(v -> vertx.deployVerticle(management))
        .onSuccess(v -> state = State.READY)
        .mapEmpty();
  }

  private Future<?> deployConfigured() {
    List<Future<String>> deployments = new ArrayList<>();
    for (VerticleConfig verticle : live.get().verticles()) {
      deployments.add(
          vertx.deployVerticle(
              "java:" + verticle.className(),
              new DeploymentOptions()
                  .setInstances(verticle.instances())
                  .setConfig(verticle.config())));
    }
    return Future.all(deployments);
  }

  private EdgeVerticle.Shared share() {
    GatewayConfig config = live.get();
    Supplier<LimitsConfig> limits = live.view(GatewayConfig::limits);
    Supplier<HttpCredentials> credentials =
        live.view(next -> new HttpCredentials(next.auth().cookie(), next.auth().hook().headers()));
    offences =
        SharedBans.start(
            config.bans(),
            config.proxies(),
            authentication.verifies(),
            revocations,
            metrics.registry());
    ClusterMetrics.register(metrics.registry(), nodes, directory, isMember);
    sessions.services().register(config.routes());
    var shard =
        new NodeServices(
            id,
            config.session(),
            config.delivery(),
            limits,
            routes,
            directory,
            nodes,
            new DuplicateFilter(config.delivery(), new SharedMemoryAccount(memory)),
            memory,
            sessions,
            new IdentityServices(
                authentication,
                config.auth().notice(),
                live.view(GatewayConfig::permissions),
                revocations,
                offences),
            config.trace(),
            tracing,
            messages.mailboxes(),
            config.presence(),
            messages.histories());
    var admission = new Admission(limits, offences);
    admission.pending().register(metrics.registry());
    return new EdgeVerticle.Shared(
        live,
        shard,
        admission,
        authentication,
        check,
        credentials,
        new PlaygroundEndpoint(config.websocket().path(), config.socketio().path()),
        ScriptFiles.linkspanClient(),
        ClientFiles.at(config.socketio().path()),
        metrics.registry(),
        websocket,
        new SocketIoEndpoint.Shared(
            config.socketio(),
            limits,
            live.view(next -> next.socketio().namespaces()),
            config.delivery(),
            credentials,
            socketio,
            new EngineSessions(),
            nodes,
            new RelayLimiter(config.socketio().maxRelayed(), metrics.registry())),
        new EdgeVerticle.EnetShared(
            new EnetPort(EnetTransport.sockets(vertx, config.loops())),
            enet,
            new EnetMetrics(metrics.registry())),
        tcp);
  }

  private NodeFacts facts() {
    return new NodeFacts(
        id,
        Version.current(),
        this::stateLabel,
        live.view(
            config ->
                new NodeFacts.Limits(
                    config.limits().connections(),
                    config.limits().pending().max(),
                    config.limits().connectsPerAddress(),
                    config.limits().connectsPerUser(),
                    config.memory())));
  }

  private String stateLabel() {
    return state == State.READY && !isMember.getAsBoolean()
        ? "partitioned"
        : state.name().toLowerCase(Locale.ROOT);
  }

  private EdgeVerticle newEdge(EdgeVerticle.Shared shared) {
    EdgeVerticle edge = new EdgeVerticle(edges.size(), shared);
    edges.add(edge);
    return edge;
  }

  /** Ends the node at once, without closing connections in order. */
  public Future<Void> close() {
    state = State.STOPPING;
    monitor.stop();
    Duration flush = live.get().drain().timeout().dividedBy(8);
    return vertx.close().eventually(() -> tracing.close(flush)).onComplete(v -> metrics.close());
  }
}
