package io.linkspan.status;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The state and the events of two nodes, as each of them serves them. */
class StatusInAClusterTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static TestCluster cluster;
  private static TestGateway first;
  private static TestGateway second;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(2, Map.of("eventLoops", "1"));
    first = cluster.node(0);
    second = cluster.node(1);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static JsonObject get(TestGateway node, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.managementPort() + path);
    return new JsonObject(
        HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body());
  }

  private static String id(TestGateway node) {
    return node.node().getString("node");
  }

  private static JsonObject stateOf(JsonObject overview, TestGateway node) {
    return overview.getJsonArray("nodes").stream()
        .map(JsonObject.class::cast)
        .filter(state -> state.getString("node").equals(id(node)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void eachNodeShowsBoth() throws Exception {
    try (TestClient client = WebSocketTestClient.connect(second.httpPort(), "user=seen")) {
      for (TestGateway node : List.of(first, second)) {
        try (TraceWatcher live = TraceWatcher.openAt(node.managementPort(), "/v1/overview/live")) {
          JsonObject overview =
              live.await(state -> stateOf(state, second).getJsonObject("connections").size() == 1);
          assertThat(stateOf(overview, first).getString("state")).isEqualTo("ready");
          assertThat(stateOf(overview, second).getInteger("sessions")).isEqualTo(1);
        }
        JsonArray nodes = get(node, "/v1/overview").getJsonArray("nodes");
        assertThat(nodes).hasSize(2);
      }
      client.leave();
    }
  }

  @Test
  void eventsOfBothNodesArriveOnce() {
    try (TraceWatcher events = TraceWatcher.openAt(first.managementPort(), "/v1/events")) {
      Map<String, String> nodes = new HashMap<>();
      for (TestGateway node : List.of(first, second)) {
        String user = "event-" + id(node);
        try (TestClient client = WebSocketTestClient.connect(node.httpPort(), "user=" + user)) {
          JsonObject connected = events.await(event -> user.equals(event.getString("user")));
          nodes.put(user, connected.getString("node"));
          client.leave();
          JsonObject next = events.await(event -> user.equals(event.getString("user")));
          assertThat(next.getString("event")).isEqualTo("disconnected");
        }
      }
      assertThat(nodes.values()).containsExactlyInAnyOrder(id(first), id(second));
    }
  }

  @Test
  void groupsOfBothNodesAreCountedTogether() throws Exception {
    try (TestClient one = WebSocketTestClient.connect(first.httpPort(), "user=one");
        TestClient two = WebSocketTestClient.connect(second.httpPort(), "user=two")) {
      for (String user : List.of("one", "two")) {
        String session =
            get(first, "/v1/sessions?user=" + user)
                .getJsonArray("sessions")
                .getJsonObject(0)
                .getString("session");
        URI member =
            URI.create(
                "http://127.0.0.1:"
                    + first.managementPort()
                    + "/v1/groups/shared/members/"
                    + session);
        HttpRequest join =
            HttpRequest.newBuilder(member).PUT(HttpRequest.BodyPublishers.noBody()).build();
        assertThat(HTTP.send(join, BodyHandlers.discarding()).statusCode()).isEqualTo(204);
      }
      for (TestGateway node : List.of(first, second)) {
        assertThat(get(node, "/v1/groups?prefix=shared").getJsonArray("groups").encode())
            .isEqualTo("[{\"group\":\"shared\",\"members\":2}]");
      }
      one.leave();
      two.leave();
    }
  }
}
