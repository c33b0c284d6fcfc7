package io.linkspan.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.HttpService.Post;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpService;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TraceCollector;
import io.linkspan.testing.TraceCollector.Received;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces that clients begin, by what a collector receives of them. */
class MessagesAreTracedTest {

  private static final String CLIENTS_SPAN = "00f067aa0ba902b7";

  @TempDir static Path folder;

  private static TraceCollector collector;
  private static HttpService service;
  private static TcpService plc;
  private static TestGateway gateway;

  /** The client's trace, another one in each test. */
  private final String trace = UUID.randomUUID().toString().replace("-", "");

  /** A user's eventIds are remembered for longer than a test takes. */
  private final String e0 = "e0-" + trace;

  private final String e1 = "e1-" + trace;
  private final String e2 = "e2-" + trace;

  /** Sessions of the test before may not have ended, and would receive the Message too. */
  private final String userAlice = "alice-" + trace;

  private final String userBob = "bob-" + trace;

  @BeforeAll
  static void start() throws IOException {
    collector = TraceCollector.start();
    service = HttpService.start(0);
    plc = TcpService.start();
    Path file =
        Files.writeString(
            folder.resolve("traced.yaml"),
            """
            tracing: {endpoint: "%s", headers: ["Authorization: Bearer abc"], service: edge, sample: 0, clients: 100000}
            delivery: {ackTimeout: 2s, maxAttempts: 30}
            session: {grace: 30s}
            tcp: {enabled: true}
            upstream: {backoff: 1ms, maxBackoff: 1ms, retries: 1, tcp: {pause: 50ms, maxPause: 200ms}}
            routes:
              - {to: "service:orders", http: {url: "http://127.0.0.1:%d/orders"}}
              - {to: "service:failing", http: {url: "http://127.0.0.1:%d/failing"}}
              - {to: "service:plc", tcp: {host: 127.0.0.1, port: %d}}
              - {to: "service:echo", bus: echo}
              - {to: "service:nobody", bus: nobody}
              - {to: "user:*"}
              - {to: "group:*"}
            """
                .formatted(collector.endpoint(), service.port(), service.port(), plc.port()));
    gateway = TestGateway.start(file, Map.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    service.close();
    plc.close();
    collector.close();
  }

  private static WebSocketTestClient client(String user, String query) {
    return WebSocketTestClient.connect(gateway.httpPort(), "user=" + user + query);
  }

  private Message.Builder traced(String eventId, String to) {
    return Message.newBuilder()
        .setEventId(eventId)
        .setTo(to)
        .setType("text")
        .setBody("the payload")
        .putHeaders("traceparent", "00-" + trace + '-' + CLIENTS_SPAN + "-01");
  }

  /**
   * Returns the spans of the trace. The first one ends last, and they arrive as they have ended.
   */
  private List<Received> spans() {
    collector.await(span -> span.trace().equals(trace) && span.parent().equals(CLIENTS_SPAN));
    return collector.trace(trace);
  }

  private List<Received> spans(int count) {
    assertThat(spans()).hasSize(count);
    return spans();
  }

  private static Received named(List<Received> spans, String name) {
    List<Received> found = spans.stream().filter(span -> span.name().equals(name)).toList();
    assertThat(found).as(name).hasSize(1);
    return found.get(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"websocket", "socketio", "tcp"})
  void theTraceOfAClientGoesThroughAnHttpServiceAndBack(String transport) {
    service.on("/orders", post -> post.answer(200, "{\"body\":\"done\"}"));
    try (TestClient alice = connect(transport)) {
      alice.send(
          traced(e1, "service:orders").putHeaders("tracestate", "congo=t61rcWkgMzE").build());
      Post post = service.next("/orders");
      List<Received> spans = spans(4);
      Received receive = named(spans, "linkspan receive");
      Received dispatch = named(spans, "linkspan dispatch");
      Received upstream = named(spans, "linkspan upstream");
      Received reply = named(spans, "linkspan reply");
      assertThat(receive.parent()).isEqualTo(CLIENTS_SPAN);
      assertThat(dispatch.parent()).isEqualTo(receive.id());
      assertThat(upstream.parent()).isEqualTo(dispatch.id());
      assertThat(reply.parent()).isEqualTo(receive.id());
      assertThat(receive.service()).isEqualTo("edge");
      assertThat(receive.node()).isEqualTo(gateway.node().getString("node"));
      assertThat(receive.attribute("linkspan.transport")).isEqualTo(transport);
      assertThat(receive.attribute("linkspan.to")).isEqualTo("service:orders");
      assertThat(receive.attribute("linkspan.type")).isEqualTo("text");
      assertThat(receive.attribute("messaging.message.id")).isEqualTo(e1);
      assertThat(receive.attribute("linkspan.session")).isNotEmpty();
      assertThat(receive.attribute("enduser.id")).isNull();
      assertThat(upstream.attribute("linkspan.attempt")).isEqualTo("1");
      assertThat(upstream.attribute("linkspan.upstream")).isEqualTo("service:orders");
      assertThat(spans).noneMatch(Received::failed);
      assertThat(spans.toString()).doesNotContain("the payload");
      String context = "00-" + trace + '-' + upstream.id() + "-01";
      assertThat(post.header("traceparent")).isEqualTo(context);
      assertThat(post.header("tracestate")).isEqualTo("congo=t61rcWkgMzE");
      JsonObject headers = post.message().getJsonObject("headers");
      assertThat(headers.getString("traceparent")).isEqualTo(context);
    }
    assertThat(collector.authorizations()).contains("Bearer abc");
  }

  private TestClient connect(String transport) {
    return switch (transport) {
      case "websocket" -> client(userAlice, "");
      case "socketio" -> SocketIoTestClient.connect(gateway.httpPort(), "user=" + userAlice);
      default ->
          TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))
              .authenticate(userAlice, "client");
    };
  }

  @Test
  void anotherClientReceivesTheContextAndItsAcknowledgementEndsTheDelivery() {
    try (WebSocketTestClient alice = client(userAlice, "");
        WebSocketTestClient bob = client(userBob, "")) {
      alice.send(traced(e1, userBob).build());
      Message received = bob.receiveMessage();
      List<Received> before = collector.trace(trace);
      assertThat(before).isEmpty();
      bob.acknowledge(e1);
      assertThat(alice.receiveAck()).isEqualTo(e1);
      List<Received> spans = spans(3);
      Received dispatch = named(spans, "linkspan dispatch");
      Received deliver = named(spans, "linkspan deliver");
      assertThat(deliver.parent()).isEqualTo(dispatch.id());
      assertThat(deliver.events()).startsWith("written");
      assertThat(dispatch.attribute("linkspan.to")).isNull();
      assertThat(dispatch.attribute("linkspan.destination")).isEqualTo("user");
      assertThat(named(spans, "linkspan receive").attribute("linkspan.to")).isEqualTo("user");
      assertThat(received.getHeadersOrThrow("traceparent"))
          .isEqualTo("00-" + trace + '-' + dispatch.id() + "-01");
    }
  }

  @Test
  void aMessageThatIsSentAgainIsOneDeliveryWithTwoEvents() {
    try (WebSocketTestClient alice = client(userAlice, "");
        WebSocketTestClient bob = client(userBob, "")) {
      alice.send(traced(e1, userBob).build());
      assertThat(bob.receiveMessage().getEventId()).isEqualTo(e1);
      assertThat(bob.receiveMessage().getEventId()).isEqualTo(e1);
      bob.acknowledge(e1);
      assertThat(alice.receiveAck()).isEqualTo(e1);
      List<Received> spans = spans(3);
      assertThat(named(spans, "linkspan deliver").events()).startsWith("written", "written");
    }
  }

  @Test
  void aDuplicateIsAnEventOfTheFirstMessage() {
    try (WebSocketTestClient alice = client(userAlice, "");
        WebSocketTestClient bob = client(userBob, "")) {
      alice.send(traced(e1, userBob).build());
      assertThat(bob.receiveMessage().getEventId()).isEqualTo(e1);
      alice.send(traced(e1, userBob).build());
      alice.send(Message.newBuilder().setEventId(e2).setTo("service:echo").build());
      assertThat(alice.receiveAck()).isEqualTo(e2);
      bob.acknowledge(e1);
      List<Received> spans = spans(3);
      assertThat(named(spans, "linkspan receive").events()).containsExactly("duplicate");
    }
  }

  @Test
  void eachAttemptOfAnUpstreamIsASpan() {
    service.on("/failing", post -> post.answer(503));
    try (WebSocketTestClient alice = client(userAlice, "")) {
      alice.send(traced(e1, "service:failing").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("unavailable");
      List<Received> spans = spans(4);
      assertThat(spans).allMatch(Received::failed);
      Received dispatch = named(spans, "linkspan dispatch");
      List<Received> attempts =
          spans.stream().filter(span -> span.name().equals("linkspan upstream")).toList();
      assertThat(attempts)
          .extracting(span -> span.attribute("linkspan.attempt"))
          .containsExactlyInAnyOrder("1", "2");
      assertThat(attempts).allMatch(span -> span.parent().equals(dispatch.id()));
      assertThat(dispatch.attribute("error.type")).isEqualTo("unavailable");
      String first = service.next("/failing").header("traceparent");
      assertThat(service.next("/failing").header("traceparent")).isNotEqualTo(first);
    }
  }

  @Test
  void aTcpServiceReceivesTheContextInTheMessage() {
    try (WebSocketTestClient alice = client(userAlice, "");
        RawTcp link = plc.accept()) {
      alice.send(traced(e1, "service:plc").build());
      JsonObject question = new JsonObject(link.readLine()).getJsonObject("message");
      link.send("{\"message\":{\"replyTo\":\"" + e1 + "\",\"body\":\"ok\"}}\n");
      List<Received> spans = spans(4);
      Received upstream = named(spans, "linkspan upstream");
      assertThat(upstream.parent()).isEqualTo(named(spans, "linkspan dispatch").id());
      assertThat(question.getJsonObject("headers").getString("traceparent"))
          .isEqualTo("00-" + trace + '-' + upstream.id() + "-01");
    }
  }

  @Test
  void aServiceThatIsNotThereEndsTheSpansWithAnError() {
    try (WebSocketTestClient alice = client(userAlice, "")) {
      alice.send(traced(e1, "service:nobody").build());
      String code = alice.receiveError().getString("code");
      List<Received> spans = spans(2);
      assertThat(spans).allMatch(Received::failed);
      assertThat(spans).allMatch(span -> span.attribute("error.type").equals(code));
    }
  }

  @Test
  void aRefusedMessageIsASpanWithAnError() {
    try (WebSocketTestClient alice = client(userAlice, "")) {
      alice.send(traced(e1, "x".repeat(300)).build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
      List<Received> spans = spans(1);

      assertThat(spans.get(0).attribute("error.type")).isEqualTo("malformed");
    }
  }

  @Test
  void aRecipientThatLeavesEndsTheDelivery() {
    try (WebSocketTestClient alice = client(userAlice, "")) {
      WebSocketTestClient bob = client(userBob, "");
      alice.send(traced(e1, userBob).build());
      assertThat(bob.receiveMessage().getEventId()).isEqualTo(e1);
      bob.leave();
      assertThat(alice.receiveError().getString("code")).isEqualTo("no-such-recipient");
      List<Received> spans = spans(3);
      assertThat(spans).allMatch(Received::failed);
    }
  }

  @Test
  void aGroupIsOneDeliveryOnEachShard() {
    try (WebSocketTestClient alice = client(userAlice, "");
        WebSocketTestClient bob = client(userBob, "");
        WebSocketTestClient carol = client("carol", "")) {
      for (WebSocketTestClient member : List.of(bob, carol)) {
        member.send(
            Message.newBuilder()
                .setEventId("join-" + trace)
                .setType("join_group")
                .setBody("g")
                .build());
        assertThat(member.receiveAck()).isEqualTo("join-" + trace);
      }
      alice.send(traced(e1, "group:g").build());
      assertThat(bob.receiveMessage().getBody()).isEqualTo("the payload");
      assertThat(carol.receiveMessage().getBody()).isEqualTo("the payload");
      List<Received> spans = spans();
      Received dispatch = named(spans, "linkspan dispatch");
      assertThat(spans.stream().filter(span -> span.name().equals("linkspan deliver")))
          .isNotEmpty()
          .allMatch(span -> span.parent().equals(dispatch.id()))
          .allMatch(span -> span.attribute("linkspan.recipient").equals("group:g"));
    }
  }

  @Test
  void aServiceContinuesATraceOfItsOwn() {
    try (WebSocketTestClient bob = client(userBob, "&ack=transport")) {
      TestGateway.await(
          GatewayClient.create(gateway.vertx()).send(traced(e1, "user:" + userBob).build()));
      assertThat(bob.receiveMessage().getEventId()).isEqualTo(e1);
      List<Received> spans = spans(2);
      Received send = named(spans, "linkspan send");
      assertThat(send.parent()).isEqualTo(CLIENTS_SPAN);
      assertThat(named(spans, "linkspan deliver").parent()).isEqualTo(send.id());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "nonsense",
        ""
      })
  void whatIsNotSampledOrMalformedIsPassedOnAndNotTraced(String parent) {
    try (WebSocketTestClient alice = client(userAlice, "&ack=transport")) {
      alice.send(traced(e0, userAlice).putHeaders("traceparent", parent).build());
      alice.send(traced(e1, userAlice).build());
      Message first = nextMessage(alice);
      assertThat(first.getHeadersMap()).containsEntry("traceparent", parent);
      spans(3);
      assertThat(collector.spans())
          .noneMatch(span -> e0.equals(span.attribute("messaging.message.id")));
    }
  }

  private static Message nextMessage(WebSocketTestClient client) {
    while (true) {
      if (client.receive() instanceof Message message) {
        return message;
      }
    }
  }

  @Test
  void spansThatHaveEndedAreNotOpen() {
    await()
        .untilAsserted(
            () ->
                assertThat(
                        io.linkspan.testing.Scrape.metric(
                            gateway.managementPort(), "linkspan_tracing_open"))
                    .isZero());
  }
}
