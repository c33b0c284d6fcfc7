package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.directory.Nodes;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.TestGateway;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class DirectoryFormTest {

  private final String cluster = "form-" + UUID.randomUUID();
  private final List<Integer> ports = List.of(FreePort.of(), FreePort.of());

  @Test
  void aNodeDoesNotJoinThoseOfAnotherForm() {
    Config before =
        HazelcastConfig.of(config(0), InetAddress.getLoopbackAddress(), new Nodes.Node("old", 1));
    before.getMemberAttributeConfig().removeAttribute(DirectoryNames.FORM);
    HazelcastInstance old = Hazelcast.newHazelcastInstance(before);
    try {
      assertThatThrownBy(() -> join(new Nodes.Node("new", 1)))
          .rootCause()
          .hasMessageContaining("a directory of another form")
          .hasMessageContaining("another cluster.name");
      Awaitility.await().until(() -> old.getCluster().getMembers().size() == 1);
      // A service does not use the directory.
      HazelcastCluster service = join(null);
      assertThat(old.getCluster().getMembers()).hasSize(2);
      TestGateway.await(service.vertx().close());
    } finally {
      old.getLifecycleService().terminate();
    }
  }

  private HazelcastCluster join(Nodes.Node self) {
    return TestGateway.await(
        HazelcastCluster.join(config(1), self, new VertxOptions(), Transport.NIO));
  }

  private ClusterConfig config(int member) {
    return new ClusterConfig(
        true,
        cluster,
        "127.0.0.1",
        ports.get(member),
        0,
        new ClusterConfig.Members(ports.stream().map(port -> "127.0.0.1:" + port).toList()),
        new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
        ClusterSecurity.NONE);
  }
}
