package io.linkspan.cluster;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.spi.merge.DiscardMergePolicy;
import com.hazelcast.spi.merge.PutIfAbsentMergePolicy;
import io.linkspan.directory.Nodes;
import java.net.InetAddress;
import java.time.Duration;

/** Creates Hazelcast's configuration from the gateway's. */
final class HazelcastConfig {

  /** Property: seconds without a heartbeat after which a node counts as lost. */
  static final String NO_HEARTBEAT = "hazelcast.max.no.heartbeat.seconds";

  private static final int FIRST_PORT = 5701;

  /** Seconds after which partitioned parts of a cluster try to find each other. */
  private static final int MERGE_DELAY = 3;

  /** Seconds in which a node that leaves hands over its part of the maps. */
  private static final int LEAVE_TIMEOUT = 10;

  private static final String BACKUP_TIMEOUT_MS = "500";

  /**
   * Heartbeats of the oldest member from the first report of an unreachable member until it removes
   * a member. In this time the other members report which ones they cannot reach.
   */
  private static final String COMPLAINTS = "5";

  /** Processors for each thread that reads connections, writes them, or handles events. */
  private static final int PROCESSORS_PER_THREAD = 4;

  /** Hazelcast's own number of threads that read, and of threads that write. */
  private static final int MAX_IO_THREADS = 3;

  /** Backups of an entry that Hazelcast permits. */
  private static final int MAX_BACKUPS = 6;

  private HazelcastConfig() {}

  /**
   * Creates the configuration of a member.
   *
   * @param host the address to listen at
   * @param self null when this process serves no clients
   */
  static Config of(ClusterConfig cluster, InetAddress host, Nodes.Node self) {
    var config = new Config();
    config.setClusterName(cluster.name());
    config.getMetricsConfig().setEnabled(false);
    if (self != null) {
      config.getMemberAttributeConfig().setAttribute(DirectoryNames.NODE, self.id());
      config
          .getMemberAttributeConfig()
          .setAttribute(DirectoryNames.SHARDS, Integer.toString(self.shards()))
          .setAttribute(DirectoryNames.FORM, DirectoryForm.CURRENT);
    }
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.logging.type", "slf4j");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty(
        "hazelcast.heartbeat.interval.seconds", seconds(cluster.heartbeat().interval()));
    config.setProperty(NO_HEARTBEAT, seconds(cluster.heartbeat().timeout()));
    config.setProperty("hazelcast.merge.first.run.delay.seconds", Integer.toString(MERGE_DELAY));
    config.setProperty("hazelcast.merge.next.run.delay.seconds", Integer.toString(MERGE_DELAY));
    // A client waits for its session longer than for the backup of a lost node.
    config.setProperty("hazelcast.operation.backup.timeout.millis", BACKUP_TIMEOUT_MS);
    // Members that reach the oldest one but not each other would wait for each other forever, and
    // so would all operations on their entries.
    config.setProperty(
        "hazelcast.partial.member.disconnection.resolution.heartbeat.count", COMPLAINTS);
    config.setProperty("hazelcast.wait.seconds.before.join", "1");
    config.setProperty("hazelcast.graceful.shutdown.max.wait", Integer.toString(LEAVE_TIMEOUT));
    threads(config, Runtime.getRuntime().availableProcessors());
    network(config.getAdvancedNetworkConfig(), cluster, host, self == null);
    DirectorySerializers.register(config.getSerializationConfig());
    JavaClasses.restrict(config.getSerializationConfig());
    config.addMapConfig(map(DirectoryNames.USERS));
    config.addMapConfig(map(DirectoryNames.GROUPS));
    config.addMapConfig(map(DirectoryNames.LEAVING));
    config.addMapConfig(seals());
    // After a partition each node adds what it knows again.
    config.addMapConfig(map(DirectoryNames.REVOCATIONS));
    config.addMapConfig(logs());
    return config;
  }

  /**
   * Sizes Hazelcast's threads to the processors. A change in the directory passes through threads
   * of up to three nodes, and each of them that sleeps costs a wake-up.
   */
  private static void threads(Config config, int processors) {
    String io =
        Integer.toString(Math.max(1, Math.min(MAX_IO_THREADS, processors / PROCESSORS_PER_THREAD)));
    config.setProperty("hazelcast.io.input.thread.count", io);
    config.setProperty("hazelcast.io.output.thread.count", io);
    config.setProperty("hazelcast.event.thread.count", io);
    // The thread that reads an answer completes its future: what depends on it runs on event loops.
    config.setProperty("hazelcast.operation.response.thread.count", "0");
  }

  /**
   * Configures a socket for members alone. On Hazelcast's common socket for members and clients, a
   * member that hangs during the handshake keeps a thread busy for as long as it hangs. Messages
   * for other members that the same thread writes are then not sent (hazelcast issue 26473).
   *
   * @param beside whether the process may run beside a node, which has the configured port then
   */
  private static void network(
      AdvancedNetworkConfig network, ClusterConfig cluster, InetAddress host, boolean beside) {
    boolean anyPort = cluster.port() == 0;
    var socket = new ServerSocketEndpointConfig();
    socket.setPort(anyPort ? FIRST_PORT : cluster.port()).setPortAutoIncrement(anyPort || beside);
    socket.getInterfaces().setEnabled(true).addInterface(host.getHostAddress());
    network.setEnabled(true).setMemberEndpointConfig(socket);
    JoinConfig join = network.getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    if (cluster.join() instanceof ClusterConfig.Members byList) {
      join.getTcpIpConfig().setEnabled(true);
      byList.members().forEach(join.getTcpIpConfig()::addMember);
    } else if (cluster.join() instanceof ClusterConfig.Multicast) {
      join.getMulticastConfig().setEnabled(true).setLoopbackModeEnabled(host.isLoopbackAddress());
    } else if (cluster.join() instanceof ClusterConfig.Kubernetes kubernetes) {
      join.getKubernetesConfig()
          .setEnabled(true)
          .setProperty("service-dns", kubernetes.service())
          .setProperty("service-port", Integer.toString(socket.getPort()));
    }
  }

  private static MapConfig map(String name) {
    return new MapConfig(name)
        .setBackupCount(1)
        .setStatisticsEnabled(false)
        // Each node registers its own sessions again. The other sessions in the directory of the
        // smaller part may have ended long ago.
        .setMergePolicyConfig(
            new MergePolicyConfig().setPolicy(DiscardMergePolicy.class.getName()));
  }

  /**
   * Configures the logs, which are changed in place. After a partition a log of the larger part
   * stays, and one that it does not have is added to it.
   */
  private static MapConfig logs() {
    return map(DirectoryNames.LOGS)
        .setInMemoryFormat(InMemoryFormat.OBJECT)
        .setMergePolicyConfig(
            new MergePolicyConfig().setPolicy(PutIfAbsentMergePolicy.class.getName()));
  }

  /** Configures the seals, which outlive any seven nodes, and of which all parts have some. */
  private static MapConfig seals() {
    return map(DirectoryNames.SEALS)
        .setBackupCount(MAX_BACKUPS)
        .setMergePolicyConfig(
            new MergePolicyConfig().setPolicy(PutIfAbsentMergePolicy.class.getName()));
  }

  private static String seconds(Duration duration) {
    return Long.toString(duration.toSeconds());
  }
}
