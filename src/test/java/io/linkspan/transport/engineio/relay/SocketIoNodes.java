package io.linkspan.transport.engineio.relay;

import io.linkspan.GatewayConfig;
import io.linkspan.admission.Admission;
import io.linkspan.admission.AnonymousUsers;
import io.linkspan.admission.ClaimedIdentities;
import io.linkspan.admission.ClientCheck;
import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.DrainLatch;
import io.linkspan.admission.Origins;
import io.linkspan.api.Message;
import io.linkspan.api.MessageCodecs;
import io.linkspan.api.Service;
import io.linkspan.config.ConfigException;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.history.GroupHistories;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.metrics.Latencies;
import io.linkspan.routing.RoutingTable;
import io.linkspan.session.DuplicateFilter;
import io.linkspan.session.IdentityServices;
import io.linkspan.session.NodeServices;
import io.linkspan.session.SessionMetrics;
import io.linkspan.session.Shard;
import io.linkspan.telemetry.Tracing;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestMemory;
import io.linkspan.time.TimerQueue;
import io.linkspan.time.VertxScheduler;
import io.linkspan.trace.TraceConfig;
import io.linkspan.transport.channel.BackPressure;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.channel.ConnectContext;
import io.linkspan.transport.engineio.EngineSessions;
import io.linkspan.transport.http.HttpConfig;
import io.linkspan.transport.http.HttpCredentials;
import io.linkspan.transport.http.HttpTransport;
import io.linkspan.transport.http.UpgradeConfig;
import io.linkspan.transport.socketio.SocketIoEndpoint;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Two nodes, as far as Socket.IO is concerned, in one process: each has its loops, its sessions and
 * its port, and they share a bus and a directory. A service answers what clients send with the
 * same.
 */
final class SocketIoNodes implements AutoCloseable {

  private static final int LOOPS = 2;

  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2 * LOOPS).setWorkerPoolSize(2));
  private final SessionDirectory directory = new LocalSessionDirectory();
  private final List<Nodes.Node> members = new CopyOnWriteArrayList<>();
  private final List<OneNode> nodes = new ArrayList<>();

  private SocketIoNodes() {}

  /**
   * Starts them.
   *
   * @param settings keys and values laid over the defaults of both, one after the other
   */
  static SocketIoNodes start(String... settings) {
    Map<String, String> environment = new HashMap<>();
    environment.put("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    for (int i = 0; i < settings.length; i += 2) {
      environment.put(
          "LINKSPAN_" + settings[i].replace('.', '_').toUpperCase(Locale.ROOT), settings[i + 1]);
    }
    GatewayConfig config;
    try {
      config = GatewayConfig.load(null, environment);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
    var both = new SocketIoNodes();
    MessageCodecs.register(both.vertx);
    TestGateway.await(
        Service.register(
            both.vertx, "inbound", (message, origin) -> Future.succeededFuture(echo(message))));
    both.nodes.add(both.new OneNode("first", -1, config));
    both.nodes.add(both.new OneNode("second", -2, config));
    both.nodes.forEach(node -> both.members.add(node.self));
    both.nodes.forEach(OneNode::deploy);
    return both;
  }

  private static Message echo(Message message) {
    return Message.newBuilder()
        .setType(message.getType())
        .setContentType(message.getContentType())
        .setBody(message.getBody())
        .addAllAttachments(message.getAttachmentsList())
        .build();
  }

  Vertx vertx() {
    return vertx;
  }

  /** Where clients reach a node, which is 0 or 1. */
  int port(int node) {
    return nodes.get(node).port;
  }

  /** Returns a counter of a node. */
  MeterRegistry registry(int node) {
    return nodes.get(node).registry;
  }

  /** Ends a node, as the other one hears. */
  void lose(int index) {
    OneNode lost = nodes.get(index);
    members.remove(lost.self);
    nodes.get(1 - index).listeners.forEach(listener -> listener.left(lost.self));
  }

  /** Begins to drain a node; done when nothing holds it up. */
  Future<Void> drain(int index) {
    return Future.join(nodes.get(index).loops.stream().map(OneNode.Loop::drain).toList())
        .mapEmpty();
  }

  /** Ends a node in order. */
  Future<Void> stop(int index) {
    return vertx.undeploy(nodes.get(index).deployment);
  }

  @Override
  public void close() {
    TestGateway.await(vertx.close());
  }

  private final class OneNode implements Nodes {

    private final Node self;
    private final GatewayConfig config;
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final HttpConfig http;
    private final Queue<Listener> listeners = new ConcurrentLinkedQueue<>();
    private final SocketIoEndpoint.Shared shared;
    private final NodeServices shard;
    private final Admission admission;
    private final Queue<Integer> free = new ConcurrentLinkedQueue<>(List.of(0, 1));
    private final Queue<Loop> loops = new ConcurrentLinkedQueue<>();
    private volatile int port;
    private String deployment;

    OneNode(String id, int port, GatewayConfig config) {
      this.config = config;
      self = new Node(id, LOOPS);
      http =
          new HttpConfig(
              "127.0.0.1",
              port,
              config.http().idleTimeout(),
              config.http().maxRequestLine(),
              List.of("*"),
              false,
              false,
              config.http().proxy(),
              config.http().tls());
      shared =
          new SocketIoEndpoint.Shared(
              config.socketio(),
              config::limits,
              () -> config.socketio().namespaces(),
              config.delivery(),
              () -> new HttpCredentials("", List.of()),
              new TransportMetrics(registry, new Latencies(), "socketio"),
              new EngineSessions(),
              this,
              new RelayLimiter(config.socketio().maxRelayed(), registry));
      admission = new Admission(config::limits);
      MemoryBudget memory = TestMemory.budget();
      shard =
          new NodeServices(
              id,
              config.session(),
              config.delivery(),
              config::limits,
              new RoutingTable(config.routes()),
              directory,
              Nodes.alone(self),
              new DuplicateFilter(config.delivery(), new SharedMemoryAccount(memory)),
              memory,
              new SessionMetrics(registry, new Latencies()),
              IdentityServices.CLAIMED,
              TraceConfig.OFF,
              Tracing.OFF,
              Mailboxes.OFF,
              config.presence(),
              GroupHistories.OFF);
    }

    void deploy() {
      deployment =
          TestGateway.await(
              vertx.deployVerticle(Loop::new, new DeploymentOptions().setInstances(LOOPS)));
    }

    @Override
    public Node self() {
      return self;
    }

    @Override
    public List<Node> all() {
      return members;
    }

    @Override
    public void watch(Listener listener) {
      listeners.add(listener);
    }

    private final class Loop extends VerticleBase {

      private final DrainLatch latch = new DrainLatch();
      private HttpTransport transport;

      private ConnectContext connectContext(HttpConfig http, int index) {
        var own = new Shard(vertx, index, shard);
        var origins = new Origins(http.origins(), http.isLocal());
        return new ConnectContext(
            new ConnectPolicy(
                latch,
                () -> origins,
                admission,
                new ClaimedIdentities(new AnonymousUsers(true)),
                ClientCheck.NONE,
                own.memory()),
            own,
            TimerQueue.ofConnections(new VertxScheduler(vertx)));
      }

      @Override
      public Future<?> start() {
        loops.add(this);
        int index = free.remove();
        var endpoint = new SocketIoEndpoint(vertx, index, shared, connectContext(http, index));
        var upgrades = new UpgradeConfig(BackPressureLimits.of(config.limits(), false), false);
        transport =
            new HttpTransport(
                vertx,
                http,
                upgrades,
                pipeline -> BackPressure.install(pipeline, upgrades.limits()),
                List.of(endpoint),
                false);
        return transport.listen().onSuccess(actual -> port = actual);
      }

      Future<Void> drain() {
        Promise<Void> done = Promise.promise();
        context.runOnContext(
            v -> {
              latch.drain().onComplete(done);
              transport.drain();
            });
        return done.future();
      }

      @Override
      public Future<?> stop() {
        return transport.close();
      }
    }
  }
}
