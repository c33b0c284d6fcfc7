package io.linkspan;

import io.linkspan.admission.Admission;
import io.linkspan.admission.Offences;
import io.linkspan.api.MessageCodecs;
import io.linkspan.auth.Authentication;
import io.linkspan.ban.SharedBans;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.delivery.NodeMailbox;
import io.linkspan.directory.ClusterMetrics;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.memory.JvmMemory;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.OutOfMemory;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.ops.ManagementVerticle;
import io.linkspan.ops.MemoryMonitor;
import io.linkspan.ops.Metrics;
import io.linkspan.ops.Node;
import io.linkspan.revocation.RevocationCheck;
import io.linkspan.revocation.RevocationMetrics;
import io.linkspan.revocation.RevocationRequests;
import io.linkspan.revocation.Revocations;
import io.linkspan.routing.RoutingTable;
import io.linkspan.session.ControlService;
import io.linkspan.session.DuplicateFilter;
import io.linkspan.session.IdentityServices;
import io.linkspan.session.NodeServices;
import io.linkspan.session.SessionMetrics;
import io.linkspan.status.NodeFacts;
import io.linkspan.status.StatusService;
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
import io.linkspan.upstream.UpstreamConfig;
import io.linkspan.upstream.UpstreamMetrics;
import io.linkspan.upstream.UpstreamVerticle;
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

  private final GatewayConfig config;
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
  private final List<UpstreamVerticle> upstreams = new ArrayList<>();
  private final ManagementVerticle management;
  private final ControlService control;
  private final NodeMailbox mailbox;
  private final Revocations revocations;
  private final RevocationCheck check;
  private final Authentication authentication;

  /** Written by the thread that starts or drains, read by every event loop. */
  private volatile State state = State.STARTING;

  private Gateway(GatewayConfig config, VertxBootstrap platform) {
    this.config = config;
    vertx = platform.vertx();
    vertx.exceptionHandler(Gateway::onFailure);
    memory = JvmMemory.budget(config.memory(), config.loops());
    monitor = new MemoryMonitor(vertx, memory, metrics.registry());
    nodes = platform.nodes();
    directory = platform.directory();
    isMember = platform.isMember();
    id = nodes.self().id();
    var refusals = new RevocationMetrics(metrics.registry());
    revocations = new Revocations(vertx, config.revocation(), platform.revocations(), refusals);
    check = new RevocationCheck(revocations, refusals);
    var requests = new RevocationRequests(revocations);
    control = new ControlService(vertx, directory, nodes, requests);
    authentication = new Authentication(vertx, config.auth(), check);
    mailbox = new NodeMailbox(vertx, directory, nodes.self());
    BackPressureLimits pressure = BackPressureLimits.of(config.limits(), false);
    management =
        new ManagementVerticle(
            config.management(),
            metrics,
            this,
            new TraceService(vertx, nodes, directory, config.trace()),
            new StatusService(vertx, nodes, facts(), metrics.registry()),
            requests,
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

  /** Receives what no handler has caught. */
  private static void onFailure(Throwable failure) {
    OutOfMemory.endIf(failure);
    LOG.error("a handler failed", failure);
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
    Duration timeout = config.drain().timeout();
    // Clients with pending messages get half of the time, closing handshakes most of the rest.
    Duration patience = timeout.dividedBy(2);
    // A Message that is held for an unavailable service would delay the close of its client.
    upstreams.forEach(UpstreamVerticle::drain);
    return Future.join(edges.stream().map(edge -> edge.drain(patience)).toList())
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

  private Future<Void> start() {
    MessageCodecs.register(vertx);
    monitor.start();
    var onEachLoop = new DeploymentOptions().setInstances(config.loops());
    return vertx
        .deployVerticle(EchoService::new, onEachLoop)
        .compose(v -> deployConfigured())
        .compose(v -> authentication.start())
        .compose(v -> revocations.start())
        .compose(v -> deployUpstreams())
        .compose(
            v -> {
              EdgeVerticle.Shared shared = share();
              return vertx.deployVerticle(() -> newEdge(shared), onEachLoop);
            })
        .compose(v -> Future.all(mailbox.open(), control.open()))
        .compose(v -> vertx.deployVerticle(management))
        .onSuccess(v -> state = State.READY)
        .mapEmpty();
  }

  private Future<?> deployConfigured() {
    List<Future<String>> deployments = new ArrayList<>();
    for (VerticleConfig verticle : config.verticles()) {
      deployments.add(
          vertx.deployVerticle(
              "java:" + verticle.className(),
              new DeploymentOptions()
                  .setInstances(verticle.instances())
                  .setConfig(verticle.config())));
    }
    return Future.all(deployments);
  }

  private Future<?> deployUpstreams() {
    for (UpstreamConfig upstream : config.upstreams()) {
      upstreams.add(
          new UpstreamVerticle(
              upstream,
              new UpstreamMetrics(metrics.registry(), metrics.latencies(), upstream.name())));
    }
    return Future.all(upstreams.stream().map(vertx::deployVerticle).toList());
  }

  private EdgeVerticle.Shared share() {
    var credentials = new HttpCredentials(config.auth().cookie(), config.auth().hook().headers());
    Offences offences =
        SharedBans.start(
            config.bans(),
            config.proxies(),
            authentication.identities().verifies(),
            revocations,
            metrics.registry());
    ClusterMetrics.register(metrics.registry(), nodes, directory, isMember);
    sessions.services().register(config.routes());
    var shard =
        new NodeServices(
            id,
            config.session(),
            config.delivery(),
            config.limits(),
            new RoutingTable(config.routes()),
            directory,
            nodes,
            new DuplicateFilter(config.delivery(), new SharedMemoryAccount(memory)),
            memory,
            sessions,
            new IdentityServices(
                authentication.identities(),
                config.auth().notice(),
                config.permissions(),
                revocations,
                offences),
            config.trace());
    var admission = new Admission(config.limits(), offences);
    admission.pending().register(metrics.registry());
    return new EdgeVerticle.Shared(
        config,
        shard,
        admission,
        authentication.identities(),
        check,
        credentials,
        new PlaygroundEndpoint(config.websocket().path(), config.socketio().path()),
        ScriptFiles.linkspanClient(),
        ClientFiles.at(config.socketio().path()),
        metrics.registry(),
        websocket,
        new SocketIoEndpoint.Shared(
            config.socketio(),
            config.limits(),
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
    var limits =
        new NodeFacts.Limits(
            config.limits().connections(),
            config.limits().pending().max(),
            config.limits().connectsPerAddress(),
            config.limits().connectsPerUser(),
            config.memory());
    return new NodeFacts(id, Version.current(), this::stateLabel, () -> limits);
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
    return vertx.close().onComplete(v -> metrics.close());
  }
}
