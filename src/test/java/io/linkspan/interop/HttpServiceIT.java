package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.testing.FreePort;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the service of the README in a process of its own, behind a gateway in another. */
@RequiresNode
class HttpServiceIT {

  private static final int CLIENTS = 200;
  private static final int WINDOW = 2;
  private static final long PAUSE_MS = 500;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir Path folder;

  /** Sends some messages at a time, and stores the outcome of each. */
  private static final class Client {
    final String user;
    final String service;
    final Vertx vertx;
    final List<String> acknowledged = new ArrayList<>();
    final Map<String, JsonObject> refused = new HashMap<>();
    final Set<String> open = new HashSet<>();
    WebSocket socket;
    boolean closed;
    boolean stopped;
    int next;

    Client(Vertx vertx, String user, String service) {
      this.vertx = vertx;
      this.user = user;
      this.service = service;
    }

    void begin(WebSocket connected) {
      socket = connected;
      socket.textMessageHandler(this::receive);
      socket.closeHandler(v -> closed = true);
      for (int i = 0; i < WINDOW; i++) {
        sendNext();
      }
    }

    private synchronized void sendNext() {
      if (stopped || closed) {
        return;
      }
      // The names sort in the order of sending.
      String eventId = String.format("%s-%06d", user, next++);
      open.add(eventId);
      send(
          "message",
          new JsonObject().put("eventId", eventId).put("to", service).put("body", "tea"));
    }

    private void send(String kind, JsonObject packet) {
      socket.writeTextMessage(new JsonObject().put(kind, packet).encode());
    }

    private synchronized void receive(String frame) {
      JsonObject packet = new JsonObject(frame);
      JsonObject message = packet.getJsonObject("message");
      if (message == null) {
        String eventId = packet.getJsonObject("ack").getString("eventId");
        acknowledged.add(eventId);
        ended(eventId);
      } else if ("error".equals(message.getString("type"))) {
        String eventId = message.getString("replyTo");
        refused.put(eventId, new JsonObject(message.getString("body")));
        ended(eventId);
      } else {
        send("ack", new JsonObject().put("eventId", message.getString("eventId")));
      }
    }

    private void ended(String eventId) {
      assertThat(open.remove(eventId)).as("ends once: " + eventId).isTrue();
      vertx.setTimer(PAUSE_MS, id -> sendNext());
    }

    synchronized void stop() {
      stopped = true;
    }

    synchronized boolean idle() {
      return stopped && open.isEmpty();
    }

    synchronized int successes() {
      return acknowledged.size();
    }

    synchronized int refusals() {
      return refused.size();
    }
  }

  private static NodeScript startService(int port, Path journal) throws InterruptedException {
    NodeScript service = NodeScript.example("orders.mjs", port, journal);
    service.awaitLine("takes orders at port " + port);
    return service;
  }

  private static double metric(GatewayProcess gateway, String name) {
    return Scrape.metric(gateway.managementPort(), "linkspan_upstream_" + name);
  }

  @Test
  void theExampleOfTheReadmeAnswers() throws Exception {
    int port = FreePort.of();
    String example = Files.readString(Path.of("docs/examples/orders.yaml"));
    assertThat(example).contains("http://127.0.0.1:8081/");
    Path conf =
        Files.writeString(
            folder.resolve("orders.yaml"), example.replace("8081", Integer.toString(port)));
    try (NodeScript service = startService(port, folder.resolve("journal"));
        GatewayProcess gateway = GatewayProcess.start(Map.of(), "--conf", conf.toString());
        NodeScript hello =
            NodeScript.example("hello.mjs", gateway.websocket(), "alice", "service:orders")) {
      hello.awaitSuccess();
      assertThat(hello.output())
          .contains("acknowledged", "service:orders answers: alice ordered Hello, linkspan!");
      assertThat(service.output()).contains("takes orders");
    }
  }

  @Test
  void aServiceIsKilledAndRestartedUnderLoadWhileItsClientsStay() throws Exception {
    int port = FreePort.of();
    Path journal = folder.resolve("journal");
    String url = "http://127.0.0.1:" + port + "/orders";
    Path conf =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            upstream: {backoff: 50ms, breaker: {pause: 200ms, maxPause: 1s}, ordered: true}
            routes:
              - {to: "service:plain", http: {url: "%s"}}
              - {to: "service:held", http: {url: "%s"}, hold: {for: 10m, max: 1000}}
            """
                .formatted(url, url));
    Vertx vertx = Vertx.vertx();
    NodeScript service = startService(port, journal);
    try (GatewayProcess gateway = GatewayProcess.start(Map.of(), "--conf", conf.toString())) {
      List<Client> clients = connect(vertx, gateway);
      List<Client> plain = clients.subList(0, CLIENTS / 2);
      List<Client> held = clients.subList(CLIENTS / 2, CLIENTS);
      await()
          .atMost(PATIENCE)
          .until(() -> clients.stream().allMatch(client -> client.successes() >= 5));

      service.close();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  metric(gateway, "breaker{state=\"closed\",upstream=\"service:held\"}") == 0
                      && metric(gateway, "breaker{state=\"closed\",upstream=\"service:plain\"}")
                          == 0
                      && metric(gateway, "held{upstream=\"service:held\"}") >= CLIENTS / 2
                      && plain.stream().allMatch(client -> client.refusals() >= 2));
      List<Integer> before = clients.stream().map(Client::successes).toList();

      service = startService(port, journal);
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                for (int i = 0; i < CLIENTS; i++) {
                  if (clients.get(i).successes() < before.get(i) + 5) {
                    return false;
                  }
                }
                return true;
              });
      clients.forEach(Client::stop);
      await().atMost(PATIENCE).until(() -> clients.stream().allMatch(Client::idle));

      assertThat(clients).noneMatch(client -> client.closed);
      acknowledgedMessagesAreDoneOnce(clients, Files.readAllLines(journal));
      everyOtherMessageFailedWithAReason(plain);
      heldMessagesWereAllDeliveredInOrder(held);
      await().untilAsserted(() -> theMetricsMatch(gateway, "service:plain", plain));
      await().untilAsserted(() -> theMetricsMatch(gateway, "service:held", held));
    } finally {
      service.close();
      TestGateway.await(vertx.close());
    }
  }

  private static List<Client> connect(Vertx vertx, GatewayProcess gateway) {
    WebSocketClient webSockets =
        vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(CLIENTS));
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      String service = i < CLIENTS / 2 ? "service:plain" : "service:held";
      Client client = new Client(vertx, "user" + i, service);
      var options =
          new WebSocketConnectOptions()
              .setHost("127.0.0.1")
              .setPort(gateway.httpPort())
              .setURI("/ws?user=" + client.user)
              .addSubProtocol("linkspan.json");
      client.begin(TestGateway.await(webSockets.connect(options)));
      clients.add(client);
    }
    return clients;
  }

  private static void acknowledgedMessagesAreDoneOnce(List<Client> clients, List<String> journal) {
    List<String> taken = journal.stream().map(line -> line.split(" ", 2)[1]).toList();
    assertThat(taken).doesNotHaveDuplicates();
    Set<String> done = new HashSet<>(taken);
    for (Client client : clients) {
      assertThat(done).containsAll(client.acknowledged);
      assertThat(client.refused.keySet()).doesNotContainAnyElementsOf(client.acknowledged);
      assertThat(client.acknowledged.size() + client.refused.size()).isEqualTo(client.next);
      // A message that failed for its sender may have been in flight, and done late.
      Set<String> acknowledged = new HashSet<>(client.acknowledged);
      List<String> inJournal = taken.stream().filter(acknowledged::contains).toList();
      assertThat(inJournal).as("in the order of sending").isSorted();
    }
  }

  private static void everyOtherMessageFailedWithAReason(List<Client> clients) {
    for (Client client : clients) {
      assertThat(client.refused.values())
          .allSatisfy(
              error -> {
                assertThat(error.getString("code")).isIn("unavailable", "timeout");
                assertThat(error.getString("message"))
                    .isIn(
                        "the service is unavailable",
                        "the service broke off",
                        "the service cannot be reached",
                        "the service did not answer");
              });
    }
  }

  private static void heldMessagesWereAllDeliveredInOrder(List<Client> clients) {
    for (Client client : clients) {
      assertThat(client.refused).isEmpty();
      assertThat(client.acknowledged).isSorted();
    }
  }

  private static void theMetricsMatch(
      GatewayProcess gateway, String upstream, List<Client> clients) {
    String label = "upstream=\"" + upstream + "\"}";
    assertThat(metric(gateway, "requests_total{outcome=\"answered\"," + label))
        .isEqualTo(clients.stream().mapToInt(Client::successes).sum());
    double unavailable = metric(gateway, "requests_total{outcome=\"unavailable\"," + label);
    double timeouts = metric(gateway, "requests_total{outcome=\"timeout\"," + label);
    assertThat(unavailable + timeouts).isEqualTo(clients.stream().mapToInt(Client::refusals).sum());
    assertThat(metric(gateway, "breaker_opened_total{" + label)).isPositive();
    assertThat(metric(gateway, "breaker{state=\"closed\"," + label)).isEqualTo(1);
    // Whether any is repeated before the breaker opens depends on when the service dies.
    assertThat(metric(gateway, "retries_total{" + label)).isNotNegative();
    assertThat(metric(gateway, "held{" + label)).isZero();
    assertThat(metric(gateway, "queued{" + label)).isZero();
    assertThat(metric(gateway, "in_flight{" + label)).isZero();
  }
}
