package io.linkspan.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.linkspan.api.Message;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TraceWatcher;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Live traces of real clients of all transports, over HTTP. */
class LiveTraceTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private enum Transport {
    WEBSOCKET,
    SOCKETIO,
    ENET,
    TCP;

    TestClient connect(TestGateway gateway, String user) {
      return switch (this) {
        case WEBSOCKET -> WebSocketTestClient.connect(gateway.httpPort(), "user=" + user);
        case SOCKETIO -> SocketIoTestClient.connect(gateway.httpPort(), "ack=client&user=" + user);
        case ENET -> EnetTestClient.connect(gateway.enetPort(), user, "client");
        case TCP ->
            TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort())).authenticate(user, "client");
      };
    }
  }

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    Map<String, String> settings = new HashMap<>();
    settings.put("eventLoops", "2");
    settings.put("tcp.enabled", "true");
    settings.put("trace.watchers", "64");
    settings.put("trace.payload", "256");
    gateway = TestGateway.start(settings);
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static TraceWatcher watch(String query) {
    return TraceWatcher.open(gateway.managementPort(), query);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.managementPort() + path))
            .build(),
        BodyHandlers.ofString());
  }

  private static Message message(String eventId, String to) {
    return Message.newBuilder()
        .setEventId(eventId)
        .setTo(to)
        .setType("text")
        .setBody("hello")
        .build();
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void framesOfAClientAreSeenBothWays(Transport transport) {
    String user = "both-" + transport;
    try (TraceWatcher watcher = watch("user=" + user);
        TestClient client = transport.connect(gateway, user)) {
      JsonObject opened = watcher.await("open");
      assertThat(opened.getString("transport")).isEqualToIgnoringCase(transport.name());
      assertThat(opened.getString("user")).isEqualTo(user);
      assertThat(opened.getString("node")).isEqualTo(gateway.node().getString("node"));
      client.send(message("1", user));
      JsonObject in = watcher.await("in", "message", "1");
      assertThat(in.getString("type")).isEqualTo("text");
      assertThat(in.getString("to")).isEqualTo(user);
      assertThat(in.getString("payload")).isEqualTo("hello");
      assertThat(in.getInteger("size")).isPositive();
      assertThat(in.getString("session")).isEqualTo(opened.getString("session"));
      Message received = client.receiveMessage();
      assertThat(received.getBody()).isEqualTo("hello");
      JsonObject out = watcher.await("out", "message", "1");
      assertThat(out.getString("from")).isEqualTo(user);
      client.acknowledge("1");
      watcher.await("in", "ack", "1");
      if (transport != Transport.SOCKETIO) {
        watcher.await("out", "ack", "1");
      }
      client.send(message("2", "user:nobody-" + transport));
      JsonObject error = watcher.await("out", "error", "2");
      assertThat(error.getString("code")).isEqualTo("no-such-recipient");
      client.send(Message.newBuilder().setEventId("3").setType("join_group").setBody("g").build());
      watcher.await("in", "join", "3");
      client.leave();
      assertThat(watcher.await("close").getString("direction")).isEqualTo("in");
      watcher.await("end");
    }
  }

  @Test
  void aSessionIsWatchedWhileItIsConnected() throws Exception {
    try (TestClient client = Transport.WEBSOCKET.connect(gateway, "one");
        TestClient other = Transport.WEBSOCKET.connect(gateway, "one")) {
      String session =
          new JsonObject(get("/v1/sessions?user=one").body())
              .getJsonArray("sessions")
              .getJsonObject(0)
              .getString("session");
      try (TraceWatcher watcher = watch("format=jsonl&session=" + session)) {
        client.send(message("1", "service:echo"));
        other.send(message("2", "service:echo"));
        client.receive();
        other.receive();
        client.leave();
        other.leave();
        watcher.await("close");
        assertThat(watcher.seen().stream().filter(one -> one.containsKey("session")))
            .extracting(one -> one.getString("session"))
            .containsOnly(session);
        assertThat(watcher.seen()).extracting(one -> one.getString("kind")).contains("message");
      }
    }
  }

  @Test
  void anEventIdIsWatchedOnItsWayFromClientToClient() {
    try (TraceWatcher watcher = watch("eventId=wanted");
        TestClient alice = Transport.WEBSOCKET.connect(gateway, "from");
        TestClient bob = Transport.TCP.connect(gateway, "bystander")) {
      alice.send(message("other", "bystander"));
      bob.receiveMessage();
      bob.acknowledge("other");
      alice.receiveAck();
      alice.send(message("wanted", "bystander"));
      bob.receiveMessage();
      bob.acknowledge("wanted");
      alice.receiveAck();
      // The frames of two event loops arrive in any order.
      for (int i = 0; i < 4; i++) {
        assertThat(watcher.next().getString("eventId")).isEqualTo("wanted");
      }
      assertThat(watcher.seen().stream().skip(1))
          .extracting(frame -> frame.getString("user") + ' ' + frame.getString("direction"))
          .containsExactlyInAnyOrder("from in", "bystander out", "bystander in", "from out");
    }
  }

  @Test
  void credentialsAreNotShown() {
    try (TraceWatcher watcher = watch("user=secretive");
        TestClient client =
            WebSocketTestClient.connect(gateway.httpPort(), "user=secretive&session=")) {
      Message announcement = client.receiveMessage();
      String token = new JsonObject(announcement.getBody()).getString("session");
      String secret = token.substring(token.indexOf('.') + 1);
      JsonObject shown = watcher.await("session");
      assertThat(shown.getString("payload")).isEqualTo("[redacted]");
      client.send(
          Message.newBuilder()
              .setEventId("1")
              .setTo("service:echo")
              .setType("text")
              .setBody("see https://x.example/?token=abcdef123&a=1 and " + token)
              .putHeaders("Authorization", "Bearer abcdefgh")
              .putHeaders("X-Token", "abcdef")
              .putHeaders("cookie", "abcdef")
              .putHeaders("colour", "red")
              .build());
      JsonObject in = watcher.await("in", "message", "1");
      assertThat(in.encode()).doesNotContain("abcdef").doesNotContain(secret);
      assertThat(in.getJsonObject("headers").getString("colour")).isEqualTo("red");
      assertThat(in.getString("payload")).startsWith("see https://x.example/?token=[redacted]&a=1");
      client.send(Message.newBuilder().setEventId("2").setType("auth").setBody("abcdef").build());
      assertThat(watcher.await("in", "auth", "2").getString("payload")).isEqualTo("[redacted]");
    }
  }

  @Test
  void signsOfLifeAreSeen() {
    try (TraceWatcher watcher = watch("user=alive");
        WebSocketTestClient webSocket =
            WebSocketTestClient.connect(gateway.httpPort(), "user=alive");
        TcpTestClient tcp =
            TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))
                .authenticate("alive", "client")) {
      webSocket.socket().sendText("{\"module\":\"HEART_CHECK\",\"message\":1}");
      awaitHeartbeat(watcher, "in", "websocket");
      awaitHeartbeat(watcher, "out", "websocket");
      tcp.socket().send(TcpTestClient.frame(new byte[0]));
      awaitHeartbeat(watcher, "in", "tcp");
    }
  }

  /** Waits for a sign of life; on a slow machine, the gateway may ask for others too. */
  private static void awaitHeartbeat(TraceWatcher watcher, String direction, String transport) {
    watcher.await(
        frame ->
            frame.getString("kind").equals("heartbeat")
                && frame.getString("direction").equals(direction)
                && frame.getString("transport").equals(transport));
  }

  @Test
  void payloadsAreCutAndBytesAreShownAsBase64() {
    try (TraceWatcher watcher = watch("user=large");
        TestClient client = Transport.WEBSOCKET.connect(gateway, "large")) {
      client.send(
          Message.newBuilder()
              .setEventId("1")
              .setTo("service:echo")
              .setBody("\u00fc".repeat(1_000))
              .build());
      JsonObject text = watcher.await("in", "message", "1");
      assertThat(text.getString("payload")).isEqualTo("\u00fc".repeat(128));
      assertThat(text.getBoolean("truncated")).isTrue();
      ByteString bytes = ByteString.copyFrom(new byte[] {0, -1, 5});
      client.send(
          Message.newBuilder()
              .setEventId("2")
              .setTo("service:echo")
              .addAttachments(bytes)
              .addAttachments(bytes)
              .build());
      JsonObject binary = watcher.await("in", "message", "2");
      assertThat(binary.getString("encoding")).isEqualTo("base64");
      assertThat(Base64.getDecoder().decode(binary.getString("payload")))
          .isEqualTo(bytes.toByteArray());
      assertThat(binary.containsKey("truncated")).isFalse();
      assertThat(binary.getInteger("attachments")).isEqualTo(2);
    }
  }

  @Test
  void aWatcherThatDoesNotReadLosesFramesAndReceivesTheirNumber() {
    try (TestGateway large =
            TestGateway.start(Map.of("eventLoops", "1", "trace.payload", "64KiB"));
        TraceWatcher slow = TraceWatcher.open(large.managementPort(), "user=fast&format=jsonl");
        TestClient client = Transport.WEBSOCKET.connect(large, "fast")) {
      Message message =
          message("1", "service:echo").toBuilder().setBody("x".repeat(60_000)).build();
      // 24 MB of frames are more than the buffers of sockets and gateway hold.
      for (int i = 0; i < 200; i++) {
        client.send(message.toBuilder().setEventId("e" + i).build());
        client.receive();
        client.acknowledge(client.receiveMessage().getEventId());
      }
      assertThat(slow.await("lost").getInteger("lost")).isPositive();
      client.send(message("last", "service:echo"));
      slow.await("in", "message", "last");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', 400, malformed",
    "?, 400, malformed",
    "?user=a&session=b, 400, malformed",
    "?user=a&user=b, 400, malformed",
    "?user=, 400, malformed",
    "?who=a, 400, malformed",
    "?user=a&format=xml, 400, malformed",
    "?session=unknown, 404, no-such-recipient"
  })
  void requestsThatNameNothingToWatchAreRefused(String query, int status, String code)
      throws Exception {
    HttpResponse<String> answer = get("/v1/trace" + query);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(new JsonObject(answer.body()).getString("code")).isEqualTo(code);
  }

  @Test
  void aNameThatIsTooLongIsRefused() throws Exception {
    assertThat(get("/v1/trace?user=" + "x".repeat(257)).statusCode()).isEqualTo(400);
  }

  @Test
  void aNodeServesFewWatchersAtATime() throws Exception {
    try (TestGateway small = TestGateway.start(Map.of("eventLoops", "1", "trace.watchers", "1"))) {
      URI uri = URI.create("http://127.0.0.1:" + small.managementPort() + "/v1/trace?user=a");
      HttpRequest request = HttpRequest.newBuilder(uri).build();
      try (TraceWatcher watcher = TraceWatcher.open(small.managementPort(), "user=a")) {
        HttpResponse<String> refused = HTTP.send(request, BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(new JsonObject(refused.body()).getString("code")).isEqualTo("rate-limited");
        assertThat(watcher.seen()).hasSize(1);
      }
      // The end of the first watcher makes room for another one.
      await()
          .ignoreExceptionsMatching(AssertionError.class::isInstance)
          .until(
              () -> {
                TraceWatcher.open(small.managementPort(), "user=a").close();
                return true;
              });
    }
  }

  @Test
  void aTraceEndsWithItsNode() {
    TestGateway other = TestGateway.start(Map.of("eventLoops", "1"));
    try (TraceWatcher watcher = TraceWatcher.open(other.managementPort(), "user=a")) {
      other.close();
      assertThat(watcher.await("end").getString("reason")).isEqualTo("the node stops");
      assertThat(watcher.next()).isNull();
    }
  }

  @Test
  void theKeyOfTheApiIsRequired() throws Exception {
    try (TestGateway locked =
        TestGateway.start(Map.of("eventLoops", "1", "management.apiKey", "0123456789abcdef"))) {
      for (String path : new String[] {"/v1/trace?user=a", "/v1/messages/1"}) {
        HttpResponse<String> answer =
            HTTP.send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + locked.managementPort() + path))
                    .build(),
                BodyHandlers.ofString(StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(new JsonObject(answer.body()).getString("code")).isEqualTo("unauthenticated");
      }
    }
  }
}
