package io.linkspan.rebalance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.testing.FreePort;
import io.linkspan.testing.ResumingFleet;
import io.linkspan.testing.ResumingFleet.Balancer;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes of one cluster whose clients become equally many after another node has joined. */
class RebalanceInAClusterTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long SEED = Long.getLong("rebalance.seed", 20_261_129L);

  private final String name = "rebalance-" + UUID.randomUUID();
  private final List<Integer> ports = Stream.generate(FreePort::of).limit(3).toList();
  private final List<TestGateway> nodes = new ArrayList<>();
  private final Map<String, String> settings =
      new HashMap<>(
          Map.of(
              "eventLoops", "2",
              "cluster.enabled", "true",
              "cluster.name", name,
              "cluster.host", "127.0.0.1",
              "rebalance.pause", "100ms",
              "rebalance.jitter", "20ms",
              "rebalance.batch", "10",
              "rebalance.band", "20",
              // The machine of a test may be slow.
              "rebalance.maxDelay", "10s",
              "rebalance.maxGap", "1m"));
  private ResumingFleet fleet;

  private TestGateway start() {
    settings.put("cluster.port", ports.get(nodes.size()).toString());
    settings.put(
        "cluster.join.members",
        String.join(",", ports.stream().map(port -> "127.0.0.1:" + port).toList()));
    TestGateway node = TestGateway.start(settings);
    nodes.add(node);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                nodes.stream()
                    .allMatch(n -> n.node().getJsonArray("members").size() == nodes.size()));
    return node;
  }

  /** Starts two nodes with clients. */
  private void startWithClients(Balancer balancer, int resumable, int others) {
    start();
    start();
    fleet = new ResumingFleet(balancer, SEED, nodes.stream().map(TestGateway::httpPort).toList());
    fleet.add(resumable, true, 500);
    fleet.add(others, false, 500);
    await().atMost(PATIENCE).until(() -> fleet.connected() == resumable + others);
  }

  private void addNode() {
    fleet.addNode(start().httpPort());
  }

  @AfterEach
  void stop() {
    if (fleet != null) {
      fleet.close();
    }
    nodes.forEach(TestGateway::close);
  }

  private static HttpResponse<String> call(TestGateway node, String method) {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + node.managementPort() + "/v1/rebalance"))
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build(),
          BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonObject status(TestGateway node) {
    return new JsonObject(call(node, "GET").body());
  }

  private JsonObject awaitEnd(TestGateway node) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(status(node).encode()).doesNotContain("\"endedAt\":null"));
    return status(node);
  }

  private void talk() {
    fleet.startSending(100);
  }

  private void assertNothingIsLost() {
    fleet.stopSending();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(fleet.open()).isEmpty());
    ResumingFleet.Report report = fleet.report();
    assertThat(report.acknowledged()).as("seed %d: %s", SEED, report).isPositive();
    // The outcome of a Message that was in flight may be a timeout.
    assertThat(report.acknowledged() + report.refused()).isEqualTo(report.sent());
    assertThat(report.lost()).as("seed %d: %s", SEED, report).isZero();
    assertThat(report.outOfOrder()).as("seed %d: %s", SEED, report).isZero();
    assertThat(report.unrecovered()).as("seed %d: %s", SEED, report).isZero();
    assertThat(report.moves()).as("seed %d: %s", SEED, report).isLessThanOrEqualTo(1);
  }

  @Test
  void aNewNodeGetsItsShareWithTheFewestConnectionsFirst() {
    startWithClients(Balancer.LEAST_CONNECTIONS, 150, 0);
    addNode();
    talk();
    // Any node passes the request on.
    HttpResponse<String> begun = call(nodes.get(2), "POST");
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
    JsonObject end = awaitEnd(nodes.get(1));
    assertThat(end.getString("state")).as(end.encode()).isEqualTo("balanced");
    assertThat(fleet.connectedTo(nodes.get(2).httpPort())).isBetween(40, 60);
    assertThat(fleet.report().moved()).isBetween(40, 75);
    assertNothingIsLost();
  }

  @Test
  void aNewNodeGetsItsShareWithARandomChoice() {
    startWithClients(Balancer.RANDOM, 150, 0);
    addNode();
    talk();
    assertThat(call(nodes.get(0), "POST").statusCode()).isEqualTo(202);
    JsonObject end = awaitEnd(nodes.get(0));
    // With so few clients chance may leave a difference, and then everybody was asked once.
    assertThat(end.getString("state")).as(end.encode()).isIn("balanced", "exhausted");
    assertThat(fleet.connectedTo(nodes.get(2).httpPort())).isPositive();
    assertNothingIsLost();
  }

  @Test
  void clientsThatCannotResumeStay() {
    startWithClients(Balancer.LEAST_CONNECTIONS, 0, 40);
    addNode();
    assertThat(call(nodes.get(0), "POST").statusCode()).isEqualTo(202);
    assertThat(awaitEnd(nodes.get(0)).getString("state")).isEqualTo("exhausted");
    assertThat(fleet.report().closes()).isEmpty();
    assertThat(fleet.connected()).isEqualTo(40);
  }

  @Test
  void anAbortEndsIt() {
    settings.put("rebalance.batch", "1");
    startWithClients(Balancer.LEAST_CONNECTIONS, 100, 0);
    addNode();
    assertThat(call(nodes.get(0), "POST").statusCode()).isEqualTo(202);
    assertThat(call(nodes.get(1), "POST").statusCode()).isEqualTo(409);
    await().atMost(PATIENCE).until(() -> fleet.report().moved() > 0);
    assertThat(call(nodes.get(1), "DELETE").statusCode()).isEqualTo(200);
    JsonObject end = status(nodes.get(0));
    assertThat(end.getString("state")).isEqualTo("aborted");
    assertThat(call(nodes.get(1), "DELETE").statusCode()).isEqualTo(409);
    await().atMost(PATIENCE).until(() -> fleet.connected() == 100);
    assertThat(fleet.report().moved()).isLessThan(33);
  }

  @Test
  void theLossOfTheCoordinatorEndsItAndTheNextOneCanBegin() {
    settings.put("rebalance.batch", "1");
    startWithClients(Balancer.LEAST_CONNECTIONS, 100, 0);
    addNode();
    talk();
    assertThat(call(nodes.get(0), "POST").statusCode()).isEqualTo(202);
    await().atMost(PATIENCE).until(() -> fleet.report().moved() > 0);
    TestGateway coordinator = nodes.remove(0);
    fleet.removeNode(coordinator.httpPort());
    coordinator.close();
    await().atMost(PATIENCE).until(() -> "idle".equals(status(nodes.get(1)).getString("state")));
    await().atMost(PATIENCE).until(() -> fleet.connected() == 100);
    assertThat(call(nodes.get(1), "POST").statusCode()).isEqualTo(202);
    assertThat(awaitEnd(nodes.get(1)).getString("state")).isEqualTo("balanced");
    fleet.stopSending();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(fleet.open()).isEmpty());
    assertThat(fleet.report().lost()).isZero();
  }

  @Test
  void itBeginsByItselfWhenTheMembershipHasSettled() {
    settings.put("rebalance.mode", "auto");
    settings.put("rebalance.settle", "200ms");
    startWithClients(Balancer.LEAST_CONNECTIONS, 90, 0);
    addNode();
    await()
        .atMost(PATIENCE)
        .until(() -> fleet.connectedTo(nodes.get(2).httpPort()) >= 24 && fleet.connected() == 90);
    JsonObject end = awaitEnd(nodes.get(2));
    assertThat(end.getString("cause")).isEqualTo("membership");
  }
}
