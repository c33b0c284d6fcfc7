package io.linkspan.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestCluster;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TraceWatcher;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Live traces and timelines that span two nodes. */
class TraceInAClusterTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Map<String, String> SETTINGS =
      Map.of("eventLoops", "2", "tcp.enabled", "true");
  private static TestCluster cluster;
  private static TestGateway first;
  private static TestGateway second;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(2, SETTINGS);
    first = cluster.node(0);
    second = cluster.node(1);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static String id(TestGateway node) {
    return node.node().getString("node");
  }

  private static Message message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").build();
  }

  @Test
  void clientsOfAllTransportsAreSeenFromTheOtherNode() {
    try (TraceWatcher watcher = TraceWatcher.open(first.managementPort(), "user=everywhere");
        TestClient webSocket = WebSocketTestClient.connect(second.httpPort(), "user=everywhere");
        TestClient socketIo =
            SocketIoTestClient.connect(second.httpPort(), "ack=client&user=everywhere");
        TestClient enet = EnetTestClient.connect(second.enetPort(), "everywhere", "client");
        TestClient tcp =
            TcpTestClient.ofLengths(RawTcp.connect(second.tcpPort()))
                .authenticate("everywhere", "client")) {
      for (String transport : List.of("websocket", "socketio", "enet", "tcp")) {
        JsonObject opened =
            watcher.await(
                event ->
                    event.getString("kind").equals("open")
                        && event.getString("transport").equals(transport));
        assertThat(opened.getString("node")).isEqualTo(id(second));
      }
      Map<String, TestClient> clients =
          Map.of("websocket", webSocket, "socketio", socketIo, "enet", enet, "tcp", tcp);
      clients.forEach(
          (transport, client) -> {
            client.send(message("from-" + transport, "service:echo"));
            JsonObject in = watcher.await("in", "message", "from-" + transport);
            assertThat(in.getString("transport")).isEqualTo(transport);
          });
      for (TestClient client : clients.values()) {
        client.leave();
      }
    }
  }

  @Test
  void aClientIsFollowedToAnotherNode() {
    try (TraceWatcher watcher = TraceWatcher.open(second.managementPort(), "user=mover")) {
      WebSocketTestClient before =
          WebSocketTestClient.connect(first.httpPort(), "user=mover&session=");
      String token = new JsonObject(before.receiveMessage().getBody()).getString("session");
      JsonObject opened = watcher.await("open");
      assertThat(opened.getString("node")).isEqualTo(id(first));
      try (TraceWatcher bySession =
          TraceWatcher.open(first.managementPort(), "session=" + opened.getString("session"))) {
        before.close();
        assertThat(watcher.await("close").getString("reason")).isEqualTo("connection-lost");
        try (TestClient after =
            WebSocketTestClient.connect(second.httpPort(), "user=mover&session=" + token)) {
          for (TraceWatcher one : List.of(watcher, bySession)) {
            JsonObject resumed = one.await("resume");
            assertThat(resumed.getString("node")).isEqualTo(id(second));
            assertThat(resumed.getString("session")).isEqualTo(opened.getString("session"));
          }
          after.send(message("moved", "service:echo"));
          watcher.await("in", "message", "moved");
          bySession.await("in", "message", "moved");
          after.leave();
        }
      }
    }
  }

  @Test
  void stepsOfBothNodesAreMergedByTime() throws Exception {
    try (TestClient alice = WebSocketTestClient.connect(first.httpPort(), "user=near");
        TestClient bob = WebSocketTestClient.connect(second.httpPort(), "user=far")) {
      alice.send(message("across", "far"));
      bob.receiveMessage();
      bob.acknowledge("across");
      alice.receiveAck();
      for (TestGateway node : List.of(first, second)) {
        JsonArray steps =
            new JsonObject(
                    HTTP.send(
                            HttpRequest.newBuilder(
                                    URI.create(
                                        "http://127.0.0.1:"
                                            + node.managementPort()
                                            + "/v1/messages/across?user=near"))
                                .build(),
                            BodyHandlers.ofString())
                        .body())
                .getJsonArray("steps");
        assertThat(steps.stream().map(JsonObject.class::cast))
            .extracting(
                step ->
                    step.getString("step")
                        + (step.getString("node").equals(id(first)) ? " first" : " second"))
            .containsExactly(
                "received first",
                "routed first",
                "forwarded first",
                "written second",
                "acknowledged second",
                "accepted first");
      }
    }
  }

  @Test
  void aWatcherIsNotifiedOfNodesThatJoinAndLeave() {
    try (TraceWatcher watcher = TraceWatcher.open(first.managementPort(), "user=late")) {
      TestGateway other = cluster.add(SETTINGS);
      String id = id(other);
      assertThat(watcher.await("node-joined").getString("node")).isEqualTo(id);
      // The new node receives the watch with the next renewal at the latest.
      try (TestClient client = WebSocketTestClient.connect(other.httpPort(), "user=late")) {
        JsonObject found = watcher.await(event -> event.containsKey("session"));
        assertThat(found.getString("kind")).isIn("open", "present");
        assertThat(found.getString("node")).isEqualTo(id);
        client.leave();
      }
      cluster.stop(other);
      assertThat(watcher.await("node-left").getString("node")).isEqualTo(id);
    }
  }
}
