package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.directory.Nodes;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Tests members that start at the same time. */
class MembersTogetherTest {

  private static final int COUNT = 3;

  private final String cluster = "members-together-test-" + UUID.randomUUID();
  private final List<Integer> ports = Stream.generate(FreePort::of).limit(COUNT).toList();

  private ClusterConfig config(int port, ClusterConfig.Join join) {
    return new ClusterConfig(
        true,
        cluster,
        "127.0.0.1",
        port,
        0,
        join,
        new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
        ClusterSecurity.NONE);
  }

  private ClusterConfig.Members list() {
    return new ClusterConfig.Members(ports.stream().map(port -> "127.0.0.1:" + port).toList());
  }

  private Future<HazelcastCluster> join(int place) {
    return HazelcastCluster.join(
        config(ports.get(place), list()),
        new Nodes.Node("node-" + place, 1),
        new VertxOptions(),
        Transport.NIO);
  }

  @Test
  void theyAreOneClusterWithoutAMerge() {
    List<Future<HazelcastCluster>> joining =
        IntStream.range(0, COUNT).mapToObj(this::join).toList();
    List<HazelcastCluster> members = new ArrayList<>();
    Queue<LifecycleState> states = new ConcurrentLinkedQueue<>();
    try {
      for (Future<HazelcastCluster> next : joining) {
        HazelcastCluster member = TestGateway.await(next);
        member
            .hazelcast()
            .getLifecycleService()
            .addLifecycleListener(event -> states.add(event.getState()));
        members.add(member);
      }
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(members)
                      .allSatisfy(member -> assertThat(member.nodes().all()).hasSize(COUNT)));
      assertThat(states).isEmpty();
    } finally {
      TestGateway.await(
          Future.join(members.stream().map(HazelcastCluster::vertx).map(Vertx::close).toList()));
    }
  }

  @Test
  void theOldestAdmitsListedMembersAtOnce() throws Exception {
    Config listed = member(list());
    assertThat(listed.getProperty(HazelcastConfig.WAIT_BEFORE_JOIN)).isEqualTo("0");
    assertThat(
            listed
                .getAdvancedNetworkConfig()
                .getJoin()
                .getTcpIpConfig()
                .getConnectionTimeoutSeconds())
        .isEqualTo(2);
  }

  /** Without that time each pod would be the first member of a cluster of its own. */
  @Test
  void aPodHasTimeToLookForOthers() throws Exception {
    Config pod = member(new ClusterConfig.Kubernetes("linkspan.default.svc.cluster.local"));
    assertThat(pod.getProperty(HazelcastConfig.WAIT_BEFORE_JOIN)).isEqualTo("1");
  }

  private Config member(ClusterConfig.Join join) throws Exception {
    return HazelcastConfig.of(config(0, join), InetAddress.getLoopbackAddress(), null);
  }
}
