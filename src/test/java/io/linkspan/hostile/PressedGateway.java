package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A gateway with one event loop and a budget of few bytes, and a good client that must be served.
 * Reads the state of the budget from the metrics.
 */
final class PressedGateway implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final TestGateway gateway;
  private final TestClient good;
  private final List<AutoCloseable> clients = new ArrayList<>();
  private final Map<MemoryUse, Double> start = new EnumMap<>(MemoryUse.class);
  private int round;

  private PressedGateway(TestGateway gateway, TestClient good) {
    this.gateway = gateway;
    this.good = good;
    serve();
    for (MemoryUse use : MemoryUse.values()) {
      start.put(use, charged(use));
    }
  }

  /** Starts with settings in pairs of key and value; the good client uses a WebSocket. */
  static PressedGateway start(String... settings) {
    TestGateway gateway = gateway(settings);
    return new PressedGateway(
        gateway, WebSocketTestClient.connect(gateway.httpPort(), "user=good&ack=transport"));
  }

  /** Starts a gateway alone, for a good client of another kind. */
  static TestGateway gateway(String... settings) {
    Map<String, String> all = new HashMap<>();
    all.put("eventLoops", "1");
    all.put("tcp.enabled", "true");
    // Nothing of a client that has left remains, and nothing happens because a machine is slow.
    all.put("delivery.duplicates.max", "0");
    all.put("delivery.ackTimeout", "10m");
    all.put("auth.timeout", "10m");
    all.put("websocket.heartbeat.interval", "10m");
    all.put("websocket.heartbeat.timeout", "20m");
    all.put("tcp.heartbeat.timeout", "20m");
    all.put("limits.stalled", "20m");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    return TestGateway.start(all);
  }

  /** Uses a good client of any kind, which gets no session notice and need not acknowledge. */
  static PressedGateway of(TestGateway gateway, TestClient good) {
    return new PressedGateway(gateway, good);
  }

  TestGateway gateway() {
    return gateway;
  }

  /** Closes a client with the gateway. */
  <T extends AutoCloseable> T add(T client) {
    clients.add(client);
    return client;
  }

  /** Sends a request as the good client, and checks that it is answered. */
  void serve() {
    String id = "good-" + ++round;
    good.send(Message.newBuilder().setEventId(id).setTo("service:echo").build());
    assertThat(good.receiveAck()).isEqualTo(id);
    assertThat(good.receiveMessage().getReplyTo()).isEqualTo(id);
  }

  double metric(String name) {
    return Scrape.metric(gateway.managementPort(), "linkspan_" + name);
  }

  double charged(MemoryUse use) {
    return metric("memory_charged_bytes{use=\"" + use.label() + "\"}");
  }

  /** Returns the level of heap or direct memory. */
  MemoryLevel level(String memory) {
    return List.of(MemoryLevel.values())
        .get((int) metric("memory_level{memory=\"" + memory + "\"}"));
  }

  /** Returns the number of sessions that were ended because memory was short. */
  int shed() {
    return (int) metric("memory_shed_total");
  }

  RawHttp.Response readiness() {
    try (RawHttp http = RawHttp.get(gateway.managementPort(), "/health/ready")) {
      return http.response();
    }
  }

  /** Waits until a condition holds, while the good client is served. */
  void until(String what, Callable<Boolean> condition) {
    await(what)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              serve();
              return condition.call();
            });
  }

  /** Closes all clients but the good one, and waits until no more is charged than at the start. */
  void assertReturnsToTheStart() {
    closeClients();
    for (MemoryUse use : MemoryUse.values()) {
      // At the start, an answer to the good client may not have been acknowledged yet.
      until(use + " as at the start", () -> charged(use) <= start.get(use));
    }
    until("enough heap", () -> level("heap") == MemoryLevel.NORMAL);
    until("enough direct memory", () -> level("direct") == MemoryLevel.NORMAL);
    assertThat(readiness().status()).isEqualTo(200);
  }

  private void closeClients() {
    clients.forEach(PressedGateway::closeNow);
    clients.clear();
  }

  private static void closeNow(AutoCloseable client) {
    try {
      client.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    closeClients();
    good.close();
    gateway.close();
  }
}
