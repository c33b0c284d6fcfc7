package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Objects;

/** This process as a member of a cluster. Shared by all event loops. */
public final class HazelcastCluster {

  /** After which a node whose bus does not answer is connected to anew. */
  private static final long BUS_PING_MS = 5_000;

  private final Vertx vertx;
  private final HazelcastInstance hazelcast;
  private final HazelcastNodes nodes;
  private final SessionDirectory directory;

  private HazelcastCluster(Vertx vertx, HazelcastInstance hazelcast, Nodes.Node self) {
    this.vertx = vertx;
    this.hazelcast = hazelcast;
    nodes = new HazelcastNodes(vertx, hazelcast, self);
    if (self == null) {
      directory = null;
      return;
    }
    var events = new LostSessionEvents(vertx.eventBus());
    directory = new HazelcastSessionDirectory(vertx, hazelcast, self, events);
    nodes.watch(new LostNodeSweeper(vertx, hazelcast, nodes, events));
  }

  /**
   * Makes a Vert.x that is a member of the cluster.
   *
   * @param self what this process is to the other nodes; null when it serves no clients
   * @param options of the Vert.x; those of its event bus are set here
   * @return fails with an {@link IOException} that says why when the cluster can not be joined; a
   *     cluster that is not found is no reason, since somebody has to be the first
   */
  public static Future<HazelcastCluster> join(
      ClusterConfig config, Nodes.Node self, VertxOptions options, VertxBuilder builder) {
    InetAddress host;
    try {
      host = config.host().isEmpty() ? firstAddress() : InetAddress.getByName(config.host());
    } catch (IOException e) {
      return Future.failedFuture(refused(config, e));
    }
    var manager = new HazelcastClusterManager(HazelcastConfig.of(config, host, self));
    options.setEventBusOptions(
        new EventBusOptions()
            .setHost(host.getHostAddress())
            .setPort(config.busPort())
            .setClusterPingInterval(BUS_PING_MS)
            .setClusterPingReplyInterval(BUS_PING_MS));
    return builder
        .with(options)
        .withClusterManager(manager)
        .buildClustered()
        .map(vertx -> new HazelcastCluster(vertx, manager.getHazelcastInstance(), self))
        .recover(
            failure -> {
              // Where it was the bus that failed, Hazelcast has joined already.
              if (manager.getHazelcastInstance() != null) {
                manager.getHazelcastInstance().getLifecycleService().terminate();
              }
              return Future.failedFuture(refused(config, failure));
            });
  }

  /** The Vert.x whose event bus reaches all members. */
  public Vertx vertx() {
    return vertx;
  }

  /** The members that serve clients. */
  public Nodes nodes() {
    return nodes;
  }

  /** The directory that all nodes share; null when this process serves no clients. */
  public SessionDirectory directory() {
    return directory;
  }

  /** Whether this process is a member; false while it finds its way back to the others. */
  public boolean isMember() {
    return nodes.together();
  }

  HazelcastInstance hazelcast() {
    return hazelcast;
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
        "can not join the cluster at cluster.host \"%s\", cluster.port %d, cluster.busPort %d: %s"
            .formatted(
                config.host(),
                config.port(),
                config.busPort(),
                Objects.requireNonNullElse(why.getMessage(), why.toString())),
        why);
  }
}
