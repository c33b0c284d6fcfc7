package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.ComposeProcesses;
import io.linkspan.testing.DashboardQueries;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.Promtool;
import io.linkspan.testing.ProxyProcess;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Runs the services of docs/deploy/compose.yaml as processes. The last test stops a node. */
@TestMethodOrder(OrderAnnotation.class)
@EnabledIf(value = "isPossible", disabledReason = "haproxy, nginx or prometheus is not installed")
class ComposeIT {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private static Path folder;
  private static ComposeProcesses compose;

  /** Names of the nodes in the file, by the ids of the nodes. */
  private static final Map<String, String> NAMES = new HashMap<>();

  /** Prints the output of all processes after a failure. */
  @RegisterExtension
  static final AfterTestExecutionCallback OUTPUT_OF_FAILURES =
      test -> test.getExecutionException().ifPresent(failure -> compose.print(System.out));

  static boolean isPossible() {
    return ProxyProcess.available() && Promtool.available();
  }

  @BeforeAll
  static void start() throws Exception {
    compose = new ComposeProcesses(folder);
    for (String node : compose.nodes().keySet()) {
      await()
          .atMost(PATIENCE)
          .until(() -> call(node, "/v1/node").getJsonArray("members").size() == 3);
      NAMES.put(call(node, "/v1/node").getString("node"), node);
    }
  }

  @AfterAll
  static void stop() {
    if (compose != null) {
      compose.close();
    }
  }

  private static HttpResponse<String> get(InetSocketAddress address, String path)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + ComposeProcesses.text(address) + path))
            .header("Authorization", "Bearer " + compose.apiKey())
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  private static JsonObject call(String node, String path) throws Exception {
    return new JsonObject(get(compose.management(node), path).body());
  }

  private static WebSocketTestClient connect(String query) {
    return WebSocketTestClient.connect(compose.http(), query);
  }

  private static void say(TestClient sender, TestClient recipient, String user, String eventId) {
    sender.send(Message.newBuilder().setEventId(eventId).setTo(user).setType("text").build());
    try {
      assertThat(recipient.receiveMessage().getEventId()).isEqualTo(eventId);
    } catch (AssertionError nothing) {
      throw new AssertionError("the sender received " + sender.receive(), nothing);
    }
    recipient.acknowledge(eventId);
    assertThat(sender.receiveAck()).isEqualTo(eventId);
  }

  @Test
  @Order(1)
  void clientsOfBothListenersTalkThroughHaproxy() throws Exception {
    InetSocketAddress tcp = compose.tcp();
    try (WebSocketTestClient browser = connect("user=browser");
        RawTcp socket = RawTcp.over(new Socket(tcp.getAddress(), tcp.getPort()))) {
      TcpTestClient device = TcpTestClient.ofLengths(socket).authenticate("device", "client");
      say(browser, device, "device", "to-the-device");
      say(device, browser, "browser", "to-the-browser");
      JsonObject session =
          call("node1", "/v1/sessions?user=browser").getJsonArray("sessions").getJsonObject(0);
      assertThat(session.getString("remote")).as("not HAProxy's").startsWith("127.0.0.1:");
    }
    assertThat(get(compose.http(), "/").body()).contains("<html");
  }

  @Test
  @Order(2)
  void prometheusAnswersTheQueriesOfTheDashboard() throws Exception {
    await().atMost(PATIENCE).ignoreExceptions().until(() -> query("sum(up)").equals("3"));
    for (DashboardQueries.Query query : DashboardQueries.read("linkspan", "1m")) {
      // The nodes have no upstream, and not every one has collected garbage.
      boolean hasSeries =
          query.expression().contains("linkspan_") && !query.expression().contains("upstream");
      await(query.panel())
          .atMost(PATIENCE)
          .until(() -> query(query.expression()), value -> !value.isEmpty() || !hasSeries);
    }
    JsonArray rules =
        new JsonObject(get(compose.prometheus(), "/api/v1/rules").body())
            .getJsonObject("data")
            .getJsonArray("groups");
    assertThat(rules).as("docs/deploy/alerts.yaml").isNotEmpty();
  }

  /** Returns the first value that Prometheus calculates, or an empty text if there is none. */
  private static String query(String expression) throws IOException, InterruptedException {
    String path = "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
    JsonObject answer = new JsonObject(get(compose.prometheus(), path).body());
    assertThat(answer.getString("status")).as(expression).isEqualTo("success");
    JsonArray result = answer.getJsonObject("data").getJsonArray("result");
    return result.isEmpty() ? "" : result.getJsonObject(0).getJsonArray("value").getString(1);
  }

  @Test
  @Order(3)
  void aClientOfANodeThatIsStoppedResumesThroughHaproxy() throws Exception {
    String token;
    String stopped;
    try (WebSocketTestClient client = connect("user=moving&session=")) {
      token = new JsonObject(client.receiveMessage().getBody()).getString("session");
      stopped = nodeOf("moving", "node1");
      // As Compose stops a container.
      compose.nodes().get(stopped).signal("TERM");
      assertThat(client.closeCode()).isEqualTo(1001);
    }
    // HAProxy may not have seen yet that the node drains, and tries another one then.
    try (WebSocketTestClient client = connect("user=moving&session=" + token);
        WebSocketTestClient other = connect("user=waiting")) {
      assertThat(new JsonObject(client.receiveMessage().getBody()).getBoolean("recovered"))
          .isTrue();
      say(client, other, "waiting", "after-the-stop");
      String left = stopped.equals("node1") ? "node2" : "node1";
      assertThat(nodeOf("moving", left)).isNotEqualTo(stopped);
    }
    GatewayProcess process = compose.nodes().get(stopped);
    assertThat(process.awaitExit()).as(process::output).isZero();
  }

  /** Returns the name of the node that has the session of a user, as another node sees it. */
  private static String nodeOf(String user, String asked) {
    JsonArray sessions =
        await()
            .atMost(PATIENCE)
            .until(
                () -> call(asked, "/v1/sessions?user=" + user).getJsonArray("sessions"),
                found -> found.size() == 1);
    return NAMES.get(sessions.getJsonObject(0).getString("node"));
  }
}
