package io.linkspan.interop;

import static java.util.Collections.disjoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NetworkNamespace;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs three nodes in network namespaces, with a link between each two that is cut and restored.
 * Clients reach each node over another link, which stays.
 */
@EnabledIf("io.linkspan.testing.NetworkNamespace#available")
class PartitionIT {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String KEY = "partition-test-key-0";
  // Drawn, as another run of this test on the machine has its networks too.
  private static final String NETWORK = "10." + (64 + new Random().nextInt(128)) + ".";
  private static final List<String> PUBLIC =
      List.of(NETWORK + "1.2", NETWORK + "2.2", NETWORK + "3.2");
  private static final List<String> PRIVATE =
      List.of(NETWORK + "0.1", NETWORK + "0.2", NETWORK + "0.3");
  private static final int HTTP_PORT = 8080;
  private static final int MANAGEMENT_PORT = 9090;

  private static final List<NetworkNamespace> HOSTS = new ArrayList<>();
  private static final List<GatewayProcess> NODES = new ArrayList<>();

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    String id = UUID.randomUUID().toString().substring(0, 6);
    Path routes = Files.writeString(folder.resolve("routes.yaml"), "routes: [{to: \"user:*\"}]\n");
    for (int i = 0; i < PUBLIC.size(); i++) {
      var host = new NetworkNamespace("linkspan-" + id + "-" + i);
      HOSTS.add(host);
      int network = i + 1;
      host.connect("public0", PUBLIC.get(i) + "/24", "ls" + id + i, NETWORK + network + ".1/24");
      for (int other = 0; other < i; other++) {
        host.connect(cable(other, i), PRIVATE.get(i), HOSTS.get(other), PRIVATE.get(other));
      }
    }
    for (int i = 0; i < PUBLIC.size(); i++) {
      // One after the other, so that the first is the oldest.
      NODES.add(
          GatewayProcess.launchIn(
                  HOSTS.get(i),
                  Map.ofEntries(
                      Map.entry("LINKSPAN_HTTP_HOST", "0.0.0.0"),
                      Map.entry("LINKSPAN_HTTP_PORT", Integer.toString(HTTP_PORT)),
                      Map.entry("LINKSPAN_ENET_ENABLED", "false"),
                      Map.entry("LINKSPAN_MANAGEMENT_HOST", "0.0.0.0"),
                      Map.entry("LINKSPAN_MANAGEMENT_PORT", Integer.toString(MANAGEMENT_PORT)),
                      Map.entry("LINKSPAN_MANAGEMENT_APIKEY", KEY),
                      Map.entry("LINKSPAN_EVENTLOOPS", "2"),
                      Map.entry("LINKSPAN_DELIVERY_ACKTIMEOUT", "2s"),
                      Map.entry("LINKSPAN_CLUSTER_ENABLED", "true"),
                      Map.entry("LINKSPAN_CLUSTER_HOST", PRIVATE.get(i)),
                      Map.entry("LINKSPAN_CLUSTER_SECRET", "a secret of this test"),
                      Map.entry("LINKSPAN_CLUSTER_PORT", "5701"),
                      Map.entry("LINKSPAN_CLUSTER_HEARTBEAT_TIMEOUT", "6s"),
                      Map.entry("LINKSPAN_CLUSTER_JOIN_MEMBERS", String.join(",", PRIVATE))),
                  "--conf",
                  routes.toString())
              .awaitReady());
    }
    allTogether();
  }

  private static String cable(int one, int other) {
    return "cable" + one + other;
  }

  /** Cuts or restores the link between two nodes, the lower one first. */
  private static void plug(int one, int other, boolean in) {
    HOSTS.get(one).setUp(cable(one, other), in);
  }

  private static void allTogether() {
    onEveryNode(node -> members(node) == NODES.size());
  }

  /** Restores all links, whatever the test before has left. */
  @BeforeEach
  void connectAll() {
    for (int one = 0; one < PRIVATE.size(); one++) {
      for (int other = one + 1; other < PRIVATE.size(); other++) {
        plug(one, other, true);
      }
    }
    allTogether();
  }

  /** Prints the output of all nodes after a failure. */
  @RegisterExtension
  static final AfterTestExecutionCallback OUTPUT_OF_FAILURES =
      test ->
          test.getExecutionException()
              .ifPresent(
                  failure -> NODES.forEach(node -> System.out.println("node" + node.output())));

  @AfterAll
  static void stop() {
    NODES.forEach(GatewayProcess::close);
    HOSTS.forEach(NetworkNamespace::close);
    // Another run of the class in this process begins anew.
    NODES.clear();
    HOSTS.clear();
  }

  private static ConditionFactory eventually() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(250))
        .ignoreExceptions();
  }

  private static WebSocketTestClient connect(int node, String query) {
    return WebSocketTestClient.connect(new InetSocketAddress(PUBLIC.get(node), HTTP_PORT), query);
  }

  private static JsonObject get(int node, String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + PUBLIC.get(node) + ":" + MANAGEMENT_PORT + path);
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Authorization", "Bearer " + KEY)
            .timeout(Duration.ofSeconds(10))
            .build();
    return new JsonObject(HTTP.send(request, BodyHandlers.ofString()).body());
  }

  private static void block(int node, String user) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + PUBLIC.get(node) + ":" + MANAGEMENT_PORT + "/v1/revocations");
    JsonObject entry = new JsonObject().put("kind", "user").put("value", user).put("for", "1h");
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Authorization", "Bearer " + KEY)
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .POST(BodyPublishers.ofString(entry.encode()))
            .build();
    assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(201);
  }

  private static boolean refuses(int node, String user) {
    try (WebSocketTestClient client = connect(node, "user=" + user)) {
      return client.socket().status().contains(" 403 ");
    }
  }

  private static int members(int node) throws IOException, InterruptedException {
    return get(node, "/v1/node").getJsonArray("members").size();
  }

  private static JsonArray sessionsOf(int node, String user)
      throws IOException, InterruptedException {
    return get(node, "/v1/sessions?user=" + user).getJsonArray("sessions");
  }

  private static Message message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").build();
  }

  /** Connects as one user, and keeps its session. */
  private static final class Client {
    final String user;
    private final String token;
    private WebSocketTestClient link;

    Client(int node, String user) {
      this.user = user;
      link = connect(node, "user=" + user + "&ack=transport&session=");
      JsonObject announced = announced();
      assertThat(announced.getBoolean("recovered")).isFalse();
      token = announced.getString("session");
    }

    private JsonObject announced() {
      return new JsonObject(link.receiveMessage().getBody());
    }

    void reconnect(int node) {
      link.close();
      link = connect(node, "user=" + user + "&ack=transport&session=" + token);
      JsonObject announced = announced();
      assertThat(announced.getBoolean("recovered")).isTrue();
      assertThat(announced.getString("session")).isEqualTo(token);
    }

    /** Sends until a Message is acknowledged: the first may fail while a session moves. */
    void reach(Client other) {
      eventually()
          .until(
              () -> {
                link.send(message(UUID.randomUUID().toString(), other.user));
                return link.receive() instanceof AckMessage;
              });
    }

    void receivesFrom(Client other) {
      assertThat(link.receiveMessage().getFrom()).isEqualTo(other.user);
    }

    void leave() {
      link.leave();
    }
  }

  @Test
  void partitionedNodesHaveEachSessionOnceAfterTheyMerge() throws Exception {
    // Two stay, one on each side; the client of the third goes to the other side meanwhile.
    var alice = new Client(0, "alice");
    var bob = new Client(1, "bob");
    var eve = new Client(0, "eve");
    alice.reach(bob);
    bob.receivesFrom(alice);

    plug(0, 1, false);
    plug(0, 2, false);
    eventually().until(() -> members(0) == 1 && members(1) == 2);

    // Each side serves on, also with the replicas of sessions of the other.
    eve.reconnect(1);
    eve.reach(bob);
    bob.receivesFrom(eve);
    var local = new Client(0, "local");
    local.reach(alice);
    alice.receivesFrom(local);
    local.leave();
    block(0, "mallory");
    block(1, "oscar");

    plug(0, 1, true);
    plug(0, 2, true);
    eachResumesItsOneSession(alice, bob, eve);
    onEveryNode(node -> refuses(node, "mallory") && refuses(node, "oscar"));
    // What one node adds reaches the others as before.
    block(2, "trudy");
    block(0, "victor");
    onEveryNode(node -> refuses(node, "trudy") && refuses(node, "victor"));
  }

  @Test
  void oneOfTwoNodesThatReachOnlyTheOldestLeavesUntilTheyReachEachOther() throws Exception {
    var alice = new Client(0, "alice");
    var bob = new Client(1, "bob");
    var carol = new Client(2, "carol");
    bob.reach(carol);

    plug(1, 2, false);
    eventually().until(() -> members(0) == 2);
    // Nothing waits for the node behind the link that is cut.
    var dave = new Client(0, "dave");
    dave.reach(alice);
    dave.leave();

    plug(1, 2, true);
    eachResumesItsOneSession(alice, bob, carol);
  }

  @Test
  void nodesDropWhatWasSentToThemDuringAPartitionAndRefusedByThen() throws Exception {
    // Without sessions that another node could continue, so no copy of them stays.
    WebSocketTestClient alice = connect(0, "user=alice&ack=transport");
    WebSocketTestClient bob = connect(1, "user=bob&ack=transport");
    alice.send(message("zero", "bob"));
    assertThat(bob.receiveMessage().getEventId()).isEqualTo("zero");
    assertThat(alice.receiveAck()).isEqualTo("zero");
    Set<String> before = connections(0, 1);

    plug(0, 1, false);
    plug(0, 2, false);
    // Their bytes are in the connection between the two nodes, and TCP sends them again and again.
    List<String> refused = List.of("one", "two", "three");
    refused.forEach(eventId -> alice.send(message(eventId, "bob")));
    refused.forEach(
        eventId -> {
          Message error = alice.receiveMessage();
          assertThat(error.getType()).isEqualTo("error");
          assertThat(error.getReplyTo()).isEqualTo(eventId);
        });

    plug(0, 1, true);
    plug(0, 2, true);
    allTogether();
    eventually().until(() -> disjoint(before, connections(0, 1)));
    eventually().until(() -> disjoint(before, connections(1, 0)));
    WebSocketTestClient carol = connect(1, "user=carol&ack=transport");
    carol.send(message("four", "bob"));
    assertThat(bob.receiveMessage().getEventId()).isEqualTo("four");
    List.of(alice, bob, carol).forEach(WebSocketTestClient::leave);
  }

  /** Returns the open TCP connections between two nodes as one of them has them. */
  private static Set<String> connections(int node, int other) {
    return HOSTS.get(node).connections(PRIVATE.get(other));
  }

  /** Waits until the nodes have merged, and checks that each client resumes its session. */
  private static void eachResumesItsOneSession(Client... clients) {
    allTogether();
    for (Client client : clients) {
      onEveryNode(node -> sessionsOf(node, client.user).size() == 1);
    }
    for (Client client : clients) {
      client.reconnect(0);
    }
    for (Client sender : clients) {
      for (Client recipient : clients) {
        sender.reach(recipient);
      }
    }
    for (Client client : clients) {
      client.leave();
    }
    onEveryNode(node -> get(node, "/v1/node").getInteger("sessions") == 0);
    for (Client client : clients) {
      onEveryNode(node -> sessionsOf(node, client.user).isEmpty());
    }
  }

  private interface Condition {
    boolean holds(int node) throws Exception;
  }

  private static void onEveryNode(Condition condition) {
    for (int node = 0; node < NODES.size(); node++) {
      int at = node;
      eventually().until(() -> condition.holds(at));
    }
  }
}
