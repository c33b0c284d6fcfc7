package io.linkspan.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import io.linkspan.bus.RequestTargets;
import io.linkspan.bus.VertxProcess;
import io.linkspan.cluster.security.BusSecurity;
import io.linkspan.cluster.security.ClusterSecrets;
import io.linkspan.delivery.VertxShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.log.LogStore;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.revocation.RevocationStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.util.Objects;

/** Membership of this process in a cluster. Shared by all event loops. */
public final class HazelcastCluster {

  private final Vertx vertx;
  private final HazelcastInstance hazelcast;
  private final HazelcastNodes nodes;
  private final HazelcastSessionDirectory directory;
  private final RevocationStore revocations;

  /**
   * Creates the parts of a member.
   *
   * @param seals null when this process serves no clients, as {@code self} is
   */
  private HazelcastCluster(
      Vertx vertx, HazelcastInstance hazelcast, Nodes.Node self, IdSeals seals) {
    this.vertx = vertx;
    this.hazelcast = hazelcast;
    nodes = new HazelcastNodes(vertx, hazelcast, self);
    if (self == null) {
      directory = null;
      revocations = null;
      return;
    }
    var events = new LostSessionEvents(vertx.eventBus());
    var changes = new UserChanges(vertx.eventBus());
    directory = new HazelcastSessionDirectory(vertx, hazelcast, self, seals, changes, events);
    revocations = new HazelcastRevocationStore(vertx, hazelcast, nodes);
    var shards = new VertxShardBus(vertx);
    nodes.watch(new LostNodeSweeper(vertx, hazelcast, nodes, shards, events, changes));
  }

  /**
   * Creates a Vert.x that is a member of the cluster.
   *
   * @param self this process as a node; null when it serves no clients
   * @param options of the Vert.x; those of its event bus are set here
   * @return fails with an {@link IOException} that gives the reason when the cluster cannot be
   *     joined; when no other member is found, this process is the first one
   */
  public static Future<HazelcastCluster> join(
      ClusterConfig config, Nodes.Node self, VertxOptions options, Transport transport) {
    InetAddress host;
    try {
      host = config.host().isEmpty() ? firstAddress() : InetAddress.getByName(config.host());
    } catch (IOException e) {
      return Future.failedFuture(refused(config, e));
    }
    EventBusOptions bus =
        BusConnections.options(config.heartbeat())
            .setHost(host.getHostAddress())
            .setPort(busPort(config, host, self));
    return manager(config, HazelcastConfig.of(config, host, self), bus)
        .compose(
            manager -> {
              var targets = new RequestTargets();
              return VertxProcess.clustered(
                      options.setEventBusOptions(bus), transport, manager, targets.selector())
                  .compose(vertx -> member(vertx, manager.getHazelcastInstance(), self, targets))
                  .onFailure(failure -> leave(manager));
            })
        .recover(failure -> Future.failedFuture(refused(config, failure)));
  }

  private static Future<HazelcastCluster> member(
      Vertx vertx, HazelcastInstance hazelcast, Nodes.Node self, RequestTargets targets) {
    targets.register(vertx);
    hazelcast.getCluster().addMembershipListener(new LostMembers(targets));
    if (self == null) {
      return Future.succeededFuture(new HazelcastCluster(vertx, hazelcast, null, null));
    }
    return DirectoryForm.check(hazelcast.getCluster().getMembers())
        .compose(v -> IdSeals.join(vertx, hazelcast))
        .map(seals -> new HazelcastCluster(vertx, hazelcast, self, seals))
        .compose(cluster -> cluster.directory.follow(cluster.nodes).map(cluster))
        .recover(failure -> vertx.close().transform(v -> Future.failedFuture(failure)));
  }

  /** Creates what joins the cluster, and sets up its bus. */
  private static Future<ClusterManager> manager(
      ClusterConfig config, Config member, EventBusOptions bus) {
    if (!config.security().enabled()) {
      return Future.succeededFuture(
          new ClusterManager(member, new BusSecurity(config.security(), null)));
    }
    Promise<ClusterManager> joined = Promise.promise();
    // The caller may be an event loop, and a member joins in seconds.
    var join =
        new Thread(
            () -> {
              ClusterSecrets secrets =
                  ClusterSecrets.of(config.name(), config.security().secrets());
              var security = new BusSecurity(config.security(), secrets);
              security.applyTo(bus);
              joined.complete(ClusterManager.join(member, secrets, security));
            },
            "cluster-join");
    join.setUncaughtExceptionHandler((thread, failure) -> joined.fail(failure));
    join.start();
    return joined.future();
  }

  /** Ends the member of a process whose bus could not be started. */
  private static void leave(ClusterManager manager) {
    if (manager.getHazelcastInstance() != null) {
      manager.getHazelcastInstance().getLifecycleService().terminate();
    }
  }

  /** Returns the Vert.x whose event bus reaches all members. */
  public Vertx vertx() {
    return vertx;
  }

  /** Returns the members that serve clients. */
  public Nodes nodes() {
    return nodes;
  }

  /** Returns the directory that all nodes share; null when this process serves no clients. */
  public SessionDirectory directory() {
    return directory;
  }

  /** Returns the revocations that all nodes share; null when this process serves no clients. */
  public RevocationStore revocations() {
    return revocations;
  }

  /**
   * Returns the logs of Messages that all nodes share.
   *
   * @param memory is charged for those that lie at this node
   * @param total bytes of those that lie at this node, at most
   */
  public LogStore logs(SharedMemoryAccount memory, long total) {
    return new HazelcastLogStore(vertx, hazelcast, memory, total);
  }

  /** Returns whether this process is a member; false while it rejoins after a partition. */
  public boolean isMember() {
    return nodes.together();
  }

  HazelcastInstance hazelcast() {
    return hazelcast;
  }

  /** Returns any free port for a process that runs beside a node, which has the configured one. */
  private static int busPort(ClusterConfig config, InetAddress host, Nodes.Node self) {
    return self == null && config.busPort() != 0 && isTaken(config.busPort(), host)
        ? 0
        : config.busPort();
  }

  private static boolean isTaken(int port, InetAddress host) {
    try (var socket = new ServerSocket(port, 1, host)) {
      return !socket.isBound();
    } catch (IOException e) {
      return true;
    }
  }

  private static InetAddress firstAddress() throws IOException {
    return NetworkInterface.networkInterfaces()
        .filter(HazelcastCluster::isUp)
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address)
        .filter(address -> !address.isLinkLocalAddress())
        .findFirst()
        .orElseGet(InetAddress::getLoopbackAddress);
  }

  private static boolean isUp(NetworkInterface network) {
    try {
      return network.isUp() && !network.isLoopback();
    } catch (IOException e) {
      return false;
    }
  }

  private static IOException refused(ClusterConfig config, Throwable why) {
    return new IOException(
        "cannot join the cluster at cluster.host \"%s\", cluster.port %d, cluster.busPort %d: %s"
            .formatted(
                config.host(),
                config.port(),
                config.busPort(),
                Objects.requireNonNullElse(why.getMessage(), why.toString())),
        why);
  }
}
