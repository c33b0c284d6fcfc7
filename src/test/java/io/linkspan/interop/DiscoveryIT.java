package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NetworkNamespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Checks how nodes on two hosts find each other without a list of members. */
@EnabledIf("io.linkspan.testing.NetworkNamespace#available")
class DiscoveryIT {

  private static final List<String> ADDRESSES = List.of("10.77.9.1", "10.77.9.2");
  private static final String CABLE = "cable0";

  private static NetworkNamespace one;
  private static NetworkNamespace two;

  @TempDir private Path folder;

  @BeforeAll
  static void connect() {
    String id = "linkspan-" + UUID.randomUUID().toString().substring(0, 6);
    one = new NetworkNamespace(id + "-a");
    two = new NetworkNamespace(id + "-b");
    one.connect(CABLE, ADDRESSES.get(0), two, ADDRESSES.get(1));
  }

  @AfterAll
  static void disconnect() {
    one.close();
    two.close();
  }

  private static void findEachOther(Map<String, String> join) throws Exception {
    try (GatewayProcess first = launch(one, ADDRESSES.get(0), join).awaitReady();
        GatewayProcess second = launch(two, ADDRESSES.get(1), join).awaitReady()) {
      String joined = "at [" + ADDRESSES.get(1) + "]:5701 joined";
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(first.output()).contains(joined));
      assertThat(second.isAlive()).isTrue();
    }
  }

  private static GatewayProcess launch(
      NetworkNamespace host, String address, Map<String, String> join) {
    Map<String, String> environment = new HashMap<>(join);
    environment.put("LINKSPAN_CLUSTER_ENABLED", "true");
    environment.put("LINKSPAN_CLUSTER_HOST", address);
    environment.put("LINKSPAN_CLUSTER_SECRET", "a secret of this test");
    environment.put("LINKSPAN_CLUSTER_PORT", "5701");
    return GatewayProcess.launchIn(host, environment);
  }

  @Test
  void byTheNameOfAHeadlessService() throws Exception {
    String service = "linkspan-cluster.default.svc.cluster.local";
    // The answer of the DNS of a Kubernetes cluster.
    Path names =
        Files.write(
            folder.resolve("hosts"),
            ADDRESSES.stream().map(address -> address + " " + service).toList());
    findEachOther(
        Map.of(
            "LINKSPAN_CLUSTER_JOIN_KUBERNETES_SERVICE",
            service,
            "JAVA_TOOL_OPTIONS",
            "-Djdk.net.hosts.file=" + names));
  }

  @Test
  void byMulticast() throws Exception {
    one.route("224.0.0.0/4", CABLE);
    two.route("224.0.0.0/4", CABLE);
    findEachOther(Map.of("LINKSPAN_CLUSTER_JOIN_MULTICAST", "true"));
  }
}
