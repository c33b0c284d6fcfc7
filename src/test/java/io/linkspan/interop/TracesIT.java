package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TraceCollector;
import io.linkspan.testing.TraceCollector.Received;
import io.linkspan.testing.WebSocketTestClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces of gateways in processes of their own, as a collector receives them. */
class TracesIT {

  private static final int CLIENTS = 20;
  private static final int MESSAGES = 500;

  /** Every so many Messages have a context of their client. */
  private static final int CLIENTS_OWN = 10;

  private static final String CLIENTS_SPAN = "00f067aa0ba902b7";

  @TempDir Path folder;

  private TraceCollector collector;
  private HttpService service;

  @BeforeEach
  void listen() {
    collector = TraceCollector.start();
    service = HttpService.start(0);
  }

  @AfterEach
  void stop() {
    service.close();
    collector.close();
  }

  private String configuration(String endpoint) throws IOException {
    return Files.writeString(
            folder.resolve("linkspan.yaml"),
            """
            tracing: {endpoint: "%s", sample: 1, clients: 1000000, queue: 100000, timeout: 60s}
            upstream: {timeout: 60s, within: 120s, queue: 20000}
            routes:
              - {to: "service:orders", http: {url: "http://127.0.0.1:%d/orders"}}
              - {to: "user:*"}
            """
                .formatted(endpoint, service.port()))
        .toString();
  }

  /** Each of 10,000 Messages at once over two nodes and an HTTP service has one trace. */
  @Test
  void noTraceOfConcurrentMessagesIsMergedAndNoSpanIsAnOrphan() throws Exception {
    service.on("/orders", post -> post.answer(200, "{\"body\":\"done\"}"));
    try (var cluster =
        new ClusterProcess(2, 0, Map.of(), "--conf", configuration(collector.endpoint()))) {
      List<WebSocketTestClient> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(cluster.connect(i % 2, "ack=transport&user=user" + i));
      }
      for (int number = 0; number < MESSAGES; number++) {
        for (int i = 0; i < CLIENTS; i++) {
          clients.get(i).send(message(i, number));
        }
      }
      // An acknowledgement of each Message, the answers of the service, and Messages of others.
      int accepted = 0;
      for (int i = 0; i < MESSAGES * 2; i++) {
        for (WebSocketTestClient client : clients) {
          if (client.receive() instanceof Message message) {
            assertThat(message.getType()).as(message.getBody()).isNotEqualTo("error");
          } else {
            accepted++;
          }
        }
      }
      assertThat(accepted).isEqualTo(CLIENTS * MESSAGES);
      int spans = CLIENTS * MESSAGES / 2 * 4 + CLIENTS * MESSAGES / 2 * 3;
      collector.awaitAll(span -> true, spans);
      List<String> nodes =
          List.of(
              cluster.get(0, "/v1/node").getString("node"),
              cluster.get(1, "/v1/node").getString("node"));
      verify(collector.spans(), spans, nodes);
      for (int node = 0; node < 2; node++) {
        assertThat(dropped(cluster.node(node))).isZero();
      }
      clients.forEach(WebSocketTestClient::close);
    }
  }

  private static double dropped(GatewayProcess node) {
    return Scrape.text(node.managementPort())
        .lines()
        .filter(line -> line.startsWith("linkspan_tracing_dropped_total{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Every second Message is for the service; the others are for a client of the other node. */
  private static Message message(int client, int number) {
    Message.Builder message =
        Message.newBuilder().setEventId(client + "-" + number).setType("text").setBody("hello");
    message.setTo(isOrder(number) ? "service:orders" : "user:user" + (client ^ 1));
    if (number % CLIENTS_OWN == 0) {
      message.putHeaders("traceparent", "00-" + trace(client, number) + '-' + CLIENTS_SPAN + "-01");
    }
    return message.build();
  }

  private static boolean isOrder(int number) {
    return number % 4 < 2;
  }

  private static String trace(int client, int number) {
    return String.format("%016x%016x", client + 1, number + 1);
  }

  private void verify(List<Received> spans, int count, List<String> nodes) {
    assertThat(spans).hasSize(count);
    Map<String, List<Received>> traces =
        spans.stream().collect(Collectors.groupingBy(Received::trace));
    assertThat(traces).hasSize(CLIENTS * MESSAGES);
    Map<String, String> upstreams = new HashMap<>();
    Set<String> messages = new HashSet<>();
    traces.forEach(
        (id, trace) -> {
          Map<String, Received> byName =
              trace.stream().collect(Collectors.toMap(Received::name, Function.identity()));
          Received receive = byName.get("linkspan receive");
          Received dispatch = byName.get("linkspan dispatch");
          String eventId = receive.attribute("messaging.message.id");
          assertThat(messages.add(eventId)).as(eventId).isTrue();
          int dash = eventId.indexOf('-');
          int client = Integer.parseInt(eventId.substring(0, dash));
          int number = Integer.parseInt(eventId.substring(dash + 1));
          String here = nodes.get(client % 2);
          assertThat(dispatch.parent()).isEqualTo(receive.id());
          assertThat(trace).noneMatch(Received::failed);
          if (number % CLIENTS_OWN == 0) {
            assertThat(id).isEqualTo(trace(client, number));
            assertThat(receive.parent()).isEqualTo(CLIENTS_SPAN);
          } else {
            assertThat(receive.parent()).isEmpty();
          }
          if (isOrder(number)) {
            assertThat(byName).hasSize(4);
            assertThat(byName.get("linkspan upstream").parent()).isEqualTo(dispatch.id());
            assertThat(byName.get("linkspan reply").parent()).isEqualTo(receive.id());
            assertThat(trace).allMatch(span -> span.node().equals(here));
            upstreams.put(eventId, "00-" + id + '-' + byName.get("linkspan upstream").id() + "-01");
          } else {
            assertThat(byName).hasSize(3);
            Received deliver = byName.get("linkspan deliver");
            assertThat(deliver.parent()).isEqualTo(dispatch.id());
            assertThat(deliver.node()).isEqualTo(nodes.get((client + 1) % 2));
            assertThat(receive.node()).isEqualTo(here);
            assertThat(dispatch.node()).isEqualTo(here);
          }
        });
    Map<String, String> seen = new HashMap<>();
    for (int i = 0; i < CLIENTS * MESSAGES / 2; i++) {
      HttpService.Post post = service.next("/orders");
      seen.put(post.message().getString("eventId"), post.header("traceparent"));
    }
    assertThat(seen).isEqualTo(upstreams);
  }

  @Test
  void offLoadsNoClassOfOpenTelemetry() throws Exception {
    assertThat(loaded("")).isNotEmpty().noneMatch(TracesIT::isOfTracing);
    assertThat(loaded(collector.endpoint())).anyMatch(TracesIT::isOfTracing);
  }

  private static boolean isOfTracing(String line) {
    return line.contains("io.opentelemetry.") || line.contains("io.linkspan.telemetry.otel.");
  }

  /** Returns the classes that a gateway loads until it has ended. */
  private List<String> loaded(String endpoint) throws Exception {
    Path log = folder.resolve("classes.log");
    Map<String, String> environment =
        Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load=info:file=" + log + ":none");
    try (GatewayProcess gateway =
            GatewayProcess.start(environment, "--conf", configuration(endpoint));
        WebSocketTestClient alice =
            WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=user0")) {
      alice.send(message(0, 0));
      assertThat(alice.receiveAck()).isEqualTo("0-0");
      alice.leave();
      assertThat(gateway.terminate()).isZero();
    }
    return Files.readAllLines(log);
  }
}
