package io.linkspan.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.HttpService.Post;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TraceCollector;
import io.linkspan.testing.TraceCollector.Received;
import io.linkspan.testing.WebSocketTestClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each test has a gateway with other settings of {@code tracing}. */
class TracingSettingsTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00-" + TRACE + "-00f067aa0ba902b7-01";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  private TraceCollector collector;
  private HttpService service;
  private TestGateway gateway;

  @BeforeEach
  void listen() {
    collector = TraceCollector.start();
    service = HttpService.start(0);
  }

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    service.close();
    collector.close();
  }

  private WebSocketTestClient start(String endpoint, String settings) throws IOException {
    gateway = TestGateway.start(write(endpoint, settings), Map.of());
    return WebSocketTestClient.connect(gateway.httpPort(), "user=alice&ack=transport");
  }

  private Path write(String endpoint, String settings) throws IOException {
    return Files.writeString(
        folder.resolve("tracing.yaml"),
        """
        tracing: {endpoint: "%s"%s}
        routes:
          - {to: "service:orders", http: {url: "http://127.0.0.1:%d/orders"}}
          - {to: "user:*"}
        """
            .formatted(endpoint, settings, service.port()));
  }

  private static Message order(String eventId) {
    return Message.newBuilder().setEventId(eventId).setTo("service:orders").setBody("x").build();
  }

  private static Message traced(String eventId) {
    return order(eventId).toBuilder().putHeaders("traceparent", PARENT).build();
  }

  @Test
  void offAddsNothingAndPassesTheHeaderOn() throws IOException {
    try (WebSocketTestClient alice = start("", ", sample: 1, clients: 1000")) {
      alice.send(order("e1"));
      Post plain = service.next("/orders");
      assertThat(plain.header("traceparent")).isNull();
      assertThat(plain.message().containsKey("headers")).isFalse();
      alice.send(traced("e2"));
      Post marked = service.next("/orders");
      assertThat(marked.header("traceparent")).isNull();
      assertThat(marked.message().getJsonObject("headers").getMap())
          .isEqualTo(Map.of("traceparent", PARENT));
    }
    assertThat(Scrape.text(gateway.managementPort())).doesNotContain("linkspan_tracing");
  }

  @Test
  void aSampledMessageBeginsATraceOfItsOwn() throws IOException {
    try (WebSocketTestClient alice = start(collector.endpoint(), ", sample: 1, users: true")) {
      alice.send(order("e1"));
      alice.send(order("e2"));
      List<Received> roots = collector.awaitAll(span -> span.name().equals("linkspan receive"), 2);
      assertThat(roots).allMatch(span -> span.parent().isEmpty());
      assertThat(roots.get(0).trace()).isNotEqualTo(roots.get(1).trace());
      assertThat(roots).allMatch(span -> span.attribute("enduser.id").equals("alice"));
      alice.send(order("e3").toBuilder().setTo("bob").build());
      Received toBob =
          collector.await(
              span ->
                  span.parent().isEmpty() && "e3".equals(span.attribute("messaging.message.id")));
      assertThat(toBob.attribute("linkspan.to")).isEqualTo("bob");
    }
  }

  @Test
  void theShareOfSampledMessagesChangesByAReload() throws IOException {
    try (WebSocketTestClient alice = start(collector.endpoint(), ", sample: 0")) {
      alice.send(order("e1"));
      assertThat(service.next("/orders").header("traceparent")).isNull();
      write(collector.endpoint(), ", sample: 1");
      RawHttp.Response reloaded =
          RawHttp.post(gateway.managementPort(), "/v1/reload", "").response();
      assertThat(reloaded.body()).isEqualTo("{\"changed\":[\"tracing.sample\"],\"restart\":[]}");
      alice.send(order("e2"));
      service.next("/orders");
      collector.await(span -> "e2".equals(span.attribute("messaging.message.id")));
    }
  }

  @Test
  void nothingIsSampledWithAShareOfZero() throws IOException {
    try (WebSocketTestClient alice = start(collector.endpoint(), ", sample: 0, clients: 1")) {
      alice.send(order("e1"));
      assertThat(service.next("/orders").header("traceparent")).isNull();
      alice.send(traced("e2"));
      collector.await(span -> span.name().equals("linkspan receive"));
      assertThat(collector.spans()).allMatch(span -> span.trace().equals(TRACE));
    }
  }

  @Test
  void clientsCannotTraceMoreThanTheirRate() throws IOException {
    int messages = 20;
    try (WebSocketTestClient alice = start(collector.endpoint(), ", sample: 0, clients: 1")) {
      int sampled = 0;
      int refused = 0;
      Set<String> parents = new HashSet<>();
      for (int i = 0; i < messages; i++) {
        alice.send(traced("e" + i));
        String context = service.next("/orders").header("traceparent");
        assertThat(context).startsWith("00-" + TRACE + '-');
        parents.add(context);
        if (context.endsWith("-01")) {
          sampled++;
        } else {
          refused++;
        }
      }
      // Each participant that changes the flag is another parent.
      assertThat(parents).hasSize(messages).doesNotContain(PARENT);
      assertThat(sampled).isPositive();
      assertThat(Scrape.metric(gateway.managementPort(), "linkspan_tracing_refused_total"))
          .isEqualTo(refused);
      collector.awaitAll(span -> span.name().equals("linkspan receive"), sampled);
    }
  }

  @Test
  void aClientThatMayNotTraceGetsAForeignTraceOrNone() throws IOException {
    try (WebSocketTestClient alice = start(collector.endpoint(), ", sample: 1, clients: 0")) {
      alice.send(traced("e1").toBuilder().putHeaders("tracestate", "a=1").build());
      Post post = service.next("/orders");
      assertThat(post.header("traceparent")).doesNotContain(TRACE).endsWith("-01");
      assertThat(post.header("tracestate")).isNull();
    }
    gateway.close();
    try (WebSocketTestClient alice = start(collector.endpoint(), ", sample: 0, clients: 0")) {
      alice.send(traced("e1"));
      assertThat(service.next("/orders").header("traceparent"))
          .startsWith("00-" + TRACE + '-')
          .endsWith("-00");
    }
  }

  @Test
  void messagesFlowWhileTheCollectorIsAwayAndSpansAreCountedAsDropped() throws IOException {
    String nobody = "http://127.0.0.1:" + FreePort.of(new Random()) + "/v1/traces";
    try (WebSocketTestClient alice = start(nobody, ", sample: 1, queue: 512")) {
      for (int i = 0; i < 400; i++) {
        alice.send(order("e" + i));
      }
      for (int i = 0; i < 400; i++) {
        assertThat(alice.receiveAck()).startsWith("e");
      }
    }
    // A message is three spans: receive, dispatch and upstream.
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(dropped()).isEqualTo(1_200));
  }

  private double dropped() {
    int port = gateway.managementPort();
    return Scrape.metric(port, "linkspan_tracing_dropped_total{reason=\"export\"}")
        + Scrape.metric(port, "linkspan_tracing_dropped_total{reason=\"queue\"}");
  }

  @Test
  void aCollectorThatRefusesIsTriedAgain() throws IOException {
    collector.answer(503);
    try (WebSocketTestClient alice = start(collector.endpoint(), ", sample: 1")) {
      alice.send(order("e1"));
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(dropped()).isEqualTo(3));
      collector.answer(200);
      alice.send(order("e2"));
      collector.await(span -> "e2".equals(span.attribute("messaging.message.id")));
    }
  }

  @Test
  void spansThatWaitAreExportedWhenTheNodeEnds() throws IOException {
    start(collector.endpoint(), ", sample: 1").close();
    try (WebSocketTestClient alice =
        WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      // Nobody answers, so the span is open when the node ends.
      service.on("/orders", post -> {});
      alice.send(order("e1"));
      service.next("/orders");
      gateway.close();
    }
    gateway = null;
    // Nothing is waited for: the node has ended.
    assertThat(collector.spans())
        .extracting(Received::name)
        .contains("linkspan receive", "linkspan dispatch", "linkspan upstream");
    assertThat(collector.spans()).allMatch(Received::failed);
  }
}
