package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.ChattingClients;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reloads the configuration of processes by SIGHUP and by the command line. */
class ReloadIT {

  private static final int CLIENTS = 2_000;
  private static final int RELOADS = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir private Path folder;
  private long lastId;

  private Path write(String yaml) throws IOException {
    Path next = Files.writeString(folder.resolve("next.yaml"), yaml);
    return Files.move(next, folder.resolve("linkspan.yaml"), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void theCommandReloadsAndPrintsWhatHasChanged() throws Exception {
    Path file = write("limits: {inFlight: 10}");
    try (GatewayProcess gateway = GatewayProcess.start(Map.of(), "--conf", file.toString())) {
      write("limits: {inFlight: 11}\nsession: {grace: 9s}");
      String url = "http://127.0.0.1:" + gateway.managementPort();
      try (GatewayProcess command =
          GatewayProcess.launch(Map.of(), "reload", "--conf", file.toString(), "--url", url)) {
        assertThat(command.awaitExit()).isZero();
        assertThat(new JsonObject(command.output().strip()))
            .isEqualTo(
                new JsonObject(
                    "{\"changed\":[\"limits.inFlight\"],\"restart\":[\"session.grace\"]}"));
      }
      // The command reads the file as well; the node is asked to read another one.
      write("limits: {inFlight: none}");
      try (GatewayProcess command = GatewayProcess.launch(Map.of(), "reload", "--url", url)) {
        assertThat(command.awaitExit()).isEqualTo(1);
        assertThat(command.output()).contains("refused: ", "limits.inFlight: \"none\": expected");
      }
      gateway.signal("HUP");
      gateway.awaitOutput("ERROR");
      assertThat(gateway.terminate()).isZero();
    }
  }

  private static String configuration(int number, int port) {
    boolean odd = number % 2 == 1;
    return """
        # A blocking client answers only while the test reads.
        websocket: {heartbeat: {timeout: 10m}}
        tcp: {enabled: true, heartbeat: {timeout: 10m}}
        enet: {timeout: {minimum: 60s, maximum: 60s}}
        http: {origins: ["https://%1$d.example"]}
        socketio: {namespaces: ["/", "/%1$d"], pingTimeout: 10m}
        limits: {inFlight: %2$d, messageRate: %3$s, joinNames: %2$d}
        routes:
          - {to: "service:only-%1$d", bus: echo}
          - {to: "service:secret", bus: echo}
          - {to: "service:echo", bus: echo}
          - {to: "service:legacy", http: {url: "http://127.0.0.1:%4$d/%1$d", timeout: 60s, within: 60s}}
          - {to: "user:*"}
        permissions:
          - {%5$s: send, to: "service:secret"}
          - {allow: send, to: "*"}
        """
        .formatted(number, 64 + number, odd ? "1000/s" : "0", port, odd ? "deny" : "allow");
  }

  /** Takes about a minute: it connects 2,000 clients to two processes. */
  @Test
  void noClientAndNoMessageIsLostInTwentyReloads() throws Exception {
    try (HttpService legacy = HttpService.start(0)) {
      for (int number = 0; number <= RELOADS; number++) {
        legacy.on("/" + number, post -> post.answer(204));
      }
      Path file = write(configuration(0, legacy.port()));
      Map<String, String> settings = Map.of("LINKSPAN_LIMITS_PENDING_MAXPERADDRESS", "4096");
      try (var cluster = new ClusterProcess(2, 0, settings, "--conf", file.toString());
          var chats =
              ChattingClients.start(
                  CLIENTS, List.of(cluster.node(0).httpPort(), cluster.node(1).httpPort()))) {
        List<TestClient> others = new ArrayList<>();
        for (int node = 0; node < 2; node++) {
          others.addAll(others(cluster.node(node)));
        }
        // ENet clients have a clock of their own, and answer also while the test waits for others.
        for (TestClient client : others) {
          if (client instanceof EnetTestClient enet) {
            enet.liveInBackground();
          }
        }
        for (int number = 1; number <= RELOADS; number++) {
          write(configuration(number, legacy.port()));
          for (int node = 0; node < 2; node++) {
            cluster.node(node).signal("HUP");
          }
          try {
            for (TestClient client : others) {
              awaitRules(client, number);
            }
          } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                e.getMessage() + "\n" + cluster.node(0).output() + cluster.node(1).output(), e);
          }
          chats.checkNoneFailed();
        }
        chats.stopAndAwaitOutcomes(PATIENCE);
        chats.checkNoneFailed();
        assertThat(chats.acknowledged()).isGreaterThan(CLIENTS);
        others.forEach(TestClient::close);
      }
    }
  }

  private static List<TestClient> others(GatewayProcess node) {
    String user = "user=other-" + node.pid() + "&ack=transport";
    return List.of(
        WebSocketTestClient.connect(node.httpPort(), user),
        SocketIoTestClient.connect(node.httpPort(), user),
        TcpTestClient.ofLengths(RawTcp.connect(node.tcpPort()))
            .authenticate("tcp-" + node.pid(), "transport"),
        EnetTestClient.connect(node.enetPort(), "enet-" + node.pid(), "transport"));
  }

  /** Waits until a client is subject to the rules of a configuration, and checks all of them. */
  private void awaitRules(TestClient client, int number) {
    await("rules of configuration " + number + " for " + client.getClass().getSimpleName())
        .atMost(PATIENCE)
        .until(() -> outcome(client, "service:only-" + number), "accepted"::equals);
    assertThat(outcome(client, "service:only-" + (number - 1))).isEqualTo("forbidden");
    assertThat(outcome(client, "service:secret"))
        .isEqualTo(number % 2 == 1 ? "forbidden" : "accepted");
    assertThat(outcome(client, "service:legacy")).isEqualTo("accepted");
  }

  /** Sends a Message and returns {@code accepted} or the code of the error. */
  private String outcome(TestClient client, String to) {
    String id = Long.toString(++lastId);
    client.send(Message.newBuilder().setEventId(id).setTo(to).setType("text").setBody("x").build());
    String outcome = null;
    boolean answered = false;
    while (outcome == null || (outcome.equals("accepted") && !answered)) {
      var next = client.receive();
      if (next instanceof io.linkspan.api.AckMessage ack) {
        assertThat(ack.getEventId()).isEqualTo(id);
        outcome = "accepted";
        answered |= to.equals("service:legacy");
      } else {
        Message message = (Message) next;
        assertThat(message.getReplyTo()).isEqualTo(id);
        if (message.getType().equals("error")) {
          return new JsonObject(message.getBody()).getString("code");
        }
        answered = true;
      }
    }
    return outcome;
  }
}
