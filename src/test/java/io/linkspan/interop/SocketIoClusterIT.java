package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs Socket.IO's own clients, whose requests go to the nodes of a cluster in turn. */
class SocketIoClusterIT {

  private static ClusterProcess cluster;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    Path routes =
        Files.writeString(folder.resolve("gateway.yaml"), "routes: [{to: \"\", bus: echo}]\n");
    cluster = new ClusterProcess(2, 1, Map.of(), "--conf", routes.toString());
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @EnabledIf("io.linkspan.testing.NodeScript#available")
  @ParameterizedTest(name = "socket.io-client {0}.x, {1}")
  @CsvSource({"1, polling", "2, polling", "3, polling", "4, polling", "2, upgrade", "4, upgrade"})
  void aPollingClientNeedsNoStickySessions(int version, String transport) throws Exception {
    NodeScript.runIn(
        "node-socketio",
        "wandering.mjs",
        cluster.node(0).http(),
        cluster.node(1).http(),
        version,
        transport);
  }

  @EnabledIf("io.linkspan.testing.NodeScript#available")
  @ParameterizedTest(name = "socket.io-client {0}.x")
  @ValueSource(ints = {2, 4})
  void aPollingClientIsNotAffectedByTheEndOfAnotherNodeThanItsOwn(int version) throws Exception {
    try (GatewayProcess other = cluster.startAnother()) {
      cluster.awaitMembers(cluster.node(0), cluster.node(1), other);
      NodeScript.runIn(
          "node-socketio",
          "departing.mjs",
          cluster.node(0).http(),
          other.http(),
          other.pid(),
          version);
      assertThat(other.awaitExit()).isZero();
    }
  }
}
