package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attacks the ports of a cluster of two nodes from a process that does not own its secret. */
class ClusterStrangersIT {

  private static final String NAME = "strangers-" + UUID.randomUUID();
  private static final List<Integer> PORTS = List.of(FreePort.of(), FreePort.of(), FreePort.of());
  private static final List<Integer> BUS_PORTS = List.of(FreePort.of(), FreePort.of());
  private static final int SILENCE_MS = 60_000;

  /** Bytes of an alert of TLS. */
  private static final int ALERT = 7;

  @TempDir private static Path folder;
  private static ClusterProcess cluster;

  /** How much each node had logged before the test. */
  private static final List<Integer> LOGGED = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    Path routes = folder.resolve("routes.yaml");
    Files.writeString(routes, "routes: [{to: \"user:*\"}]\n");
    cluster = new ClusterProcess(NAME, PORTS, BUS_PORTS, "--conf", routes.toString());
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @BeforeEach
  void readTheLogs() {
    LOGGED.clear();
    for (int i = 0; i < 2; i++) {
      LOGGED.add(cluster.node(i).output().length());
    }
  }

  /** Every attack ends with the cluster as it was before. */
  @AfterEach
  void theClusterGoesOn() {
    cluster.awaitMembers(cluster.node(0), cluster.node(1));
    try (WebSocketTestClient alice = cluster.connect(0, "user=alice&ack=transport");
        WebSocketTestClient bob = cluster.connect(1, "user=bob&ack=transport")) {
      alice.send(
          Message.newBuilder()
              .setEventId(UUID.randomUUID().toString())
              .setTo("user:bob")
              .setBody("still here")
              .build());
      assertThat(bob.receiveMessage().getBody()).isEqualTo("still here");
    }
  }

  private static void assertThatNoStackTraceWasLogged() {
    for (int i = 0; i < 2; i++) {
      assertThat(cluster.node(i).output().substring(LOGGED.get(i))).doesNotContain("\tat ");
    }
  }

  private static byte[] send(int port, byte[] bytes) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(SILENCE_MS);
      socket.getOutputStream().write(bytes);
      return socket.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      return new byte[0];
    }
  }

  private static Buffer text(String text) {
    return Buffer.buffer().appendInt(text.length()).appendString(text);
  }

  private static void awaitWarning(String text) {
    Awaitility.await().untilAsserted(() -> assertThat(cluster.node(0).output()).contains(text));
  }

  @Test
  void aMemberThatKnowsTheNameJoinsNothing() {
    Config config = new Config().setClusterName(NAME);
    config.setProperty("hazelcast.max.join.merge.target.seconds", "3");
    config.getMetricsConfig().setEnabled(false);
    JoinConfig join = config.getNetworkConfig().setPort(FreePort.of()).getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true);
    PORTS.forEach(port -> join.getTcpIpConfig().addMember("127.0.0.1:" + port));
    HazelcastInstance stranger = Hazelcast.newHazelcastInstance(config);
    try {
      assertThat(stranger.getCluster().getMembers()).hasSize(1);
      assertThat(stranger.getMap("linkspan.users").size()).isZero();
      assertThat(stranger.getMap("__vertx.nodeInfo").size()).isZero();
    } finally {
      stranger.getLifecycleService().terminate();
    }
    assertThatNoStackTraceWasLogged();
  }

  @Test
  void aNodeWithAnotherSecretStaysAlone() throws Exception {
    Map<String, String> environment = new HashMap<>(cluster.environment());
    environment.put("LINKSPAN_CLUSTER_SECRET", "a guess at the secret");
    environment.put("LINKSPAN_CLUSTER_PORT", Integer.toString(FreePort.of()));
    environment.put("LINKSPAN_CLUSTER_BUSPORT", "0");
    try (GatewayProcess alone = GatewayProcess.start(environment)) {
      assertThat(cluster.call(alone, "GET", "/v1/node", null).body().getJsonArray("members"))
          .hasSize(1);
    }
    assertThatNoStackTraceWasLogged();
  }

  @Test
  void connectionsThatAreResetLeaveNoTrace() throws Exception {
    for (int port : List.of(PORTS.get(0), BUS_PORTS.get(0))) {
      for (String start : List.of("", "LSK1")) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
          socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
          socket.setSoLinger(true, 0);
        }
      }
      // What follows the reset on the same port has been read after it.
      send(port, "this is neither".getBytes(StandardCharsets.US_ASCII));
    }
    assertThatNoStackTraceWasLogged();
  }

  @Test
  void bytesOfHazelcastGetNoAnswer() throws Exception {
    byte[] packet =
        Buffer.buffer("HZC")
            .appendByte((byte) 4)
            // An operation, for no partition, of nearly 2 GiB.
            .appendShort((short) (1 << 1))
            .appendInt(-1)
            .appendInt(Integer.MAX_VALUE)
            .appendBytes(new byte[1_000])
            .getBytes();
    for (int port : PORTS.subList(0, 2)) {
      assertThat(send(port, packet)).isEmpty();
      assertThat(send(port, "CP2".getBytes(StandardCharsets.US_ASCII))).isEmpty();
      assertThat(send(port, new byte[100_000])).isEmpty();
      assertThat(send(port, "LSK1".repeat(1_000).getBytes(StandardCharsets.US_ASCII))).isEmpty();
    }
    awaitWarning("connections rejected at cluster.port");
    assertThatNoStackTraceWasLogged();
  }

  @Test
  void framesOfTheBusGetNoAnswer() throws Exception {
    Buffer command =
        Buffer.buffer(new byte[] {1, 9, 1})
            .appendBuffer(text("linkspan.control"))
            .appendInt(0)
            .appendBuffer(text("a stranger"))
            .appendInt(4)
            .appendBuffer(text("{}"));
    for (int port : BUS_PORTS) {
      for (Buffer frame :
          List.of(
              Buffer.buffer().appendInt(command.length()).appendBuffer(command),
              Buffer.buffer().appendInt(Integer.MAX_VALUE),
              Buffer.buffer().appendInt(-1).appendBytes(new byte[1_000]),
              Buffer.buffer(new byte[100_000]))) {
        assertThat(send(port, frame.getBytes()).length).isLessThanOrEqualTo(ALERT);
      }
    }
    awaitWarning("connections rejected at cluster.busPort");
    assertThatNoStackTraceWasLogged();
  }

  @Test
  void manySilentConnectionsDoNotKeepMembersOut() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 1_000; i++) {
        silent.add(new Socket(InetAddress.getLoopbackAddress(), PORTS.get(0)));
      }
      try (GatewayProcess third = cluster.startAnother()) {
        cluster.awaitMembers(cluster.node(0), cluster.node(1), third);
        assertThat(third.terminate()).isZero();
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void aNodeThatOthersReachNeedsASecret() throws Exception {
    Map<String, String> environment = new HashMap<>(cluster.environment());
    environment.remove("LINKSPAN_CLUSTER_SECRET");
    environment.put("LINKSPAN_CLUSTER_HOST", "192.0.2.1");
    try (GatewayProcess node = GatewayProcess.launch(environment)) {
      assertThat(node.awaitExit()).isEqualTo(2);
      assertThat(node.output())
          .contains("cluster.secret: expected a secret, as cluster.host is not a loopback address");
    }
  }
}
