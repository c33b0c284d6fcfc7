package io.linkspan.cluster;

import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.directory.Nodes;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.TestGateway;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Starts the members of one cluster on loopback, in one JVM. */
final class TestMembers {

  private final String cluster = "test-" + UUID.randomUUID();
  private final List<Integer> ports = Stream.generate(FreePort::of).limit(2).toList();
  private int started;

  /** Starts another member with one shard. */
  HazelcastCluster join(String id) {
    return join(new Nodes.Node(id, 1));
  }

  /** Starts another member. The first two are those that all look for. */
  HazelcastCluster join(Nodes.Node self) {
    int port = started < ports.size() ? ports.get(started) : FreePort.of();
    started++;
    var config =
        new ClusterConfig(
            true,
            cluster,
            "127.0.0.1",
            port,
            0,
            new ClusterConfig.Members(ports.stream().map(known -> "127.0.0.1:" + known).toList()),
            new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
            ClusterSecurity.NONE);
    return TestGateway.await(
        HazelcastCluster.join(config, self, new VertxOptions(), Transport.NIO));
  }
}
