package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.HttpService.Post;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests a client, a gateway and an HTTP service on real sockets. */
class HttpUpstreamTest {

  private static final SelfSignedCertificate CERTIFICATE =
      SelfSignedCertificate.create("localhost");
  private static final int MAX_ANSWER = 64 << 10;

  @TempDir static Path folder;

  private static HttpService service;
  private static HttpService secure;
  private static TestGateway gateway;
  private static int freePort;

  private WebSocketTestClient alice;
  private int next;

  @BeforeAll
  static void start() throws IOException {
    service = HttpService.start(0);
    secure =
        HttpService.start(
            0,
            new HttpServerOptions().setSsl(true).setKeyCertOptions(CERTIFICATE.keyCertOptions()));
    freePort = freePort();
    String url = "http://127.0.0.1:" + service.port();
    Path file =
        Files.writeString(
            folder.resolve("upstreams.yaml"),
            """
            delivery: {requestTimeout: 100ms}
            upstream:
              backoff: 1ms
              maxBackoff: 5ms
              breaker: {failures: 64, of: 64, pause: 20ms, maxPause: 50ms}
              http: {maxAnswer: %d}
            routes:
              - {to: "service:orders", http: {url: "%s/orders?from=linkspan", headers: ["Authorization: Bearer x"]}}
              - {to: "service:single", http: {url: "%s/single", retries: 0, timeout: 500ms}}
              - {to: "service:signed", http: {url: "%s/signed?a=%%20b", secret: geheim}}
              - {to: "service:gzip", http: {url: "%s/gzip", compression: {above: 1KiB}}}
              - {to: "service:plain", http: {url: "%s/plain", compression: {above: 1KiB}}}
              - {to: "service:secure", http: {url: "https://localhost:%d/secure", trust: "%s"}}
              - {to: "service:distrusted", http: {url: "https://localhost:%d/secure", retries: 0}}
              - {to: "service:gone", http: {url: "http://127.0.0.1:%d/", retries: 1}}
              - {to: "service:held", http: {url: "http://127.0.0.1:%d/held"}, hold: {for: 20s, max: 3}}
              - {to: "service:fire", http: {url: "%s/fire"}, ack: accepted}
            """
                .formatted(
                    MAX_ANSWER,
                    url,
                    url,
                    url,
                    url,
                    url,
                    secure.port(),
                    CERTIFICATE.certificatePath(),
                    secure.port(),
                    freePort,
                    freePort,
                    url));
    gateway = TestGateway.start(file, Map.of());
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @AfterAll
  static void stop() {
    gateway.close();
    service.close();
    secure.close();
    CERTIFICATE.delete();
  }

  @BeforeEach
  void connect() {
    alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
  }

  @AfterEach
  void leave() {
    alice.close();
  }

  private static Message.Builder to(String recipient) {
    return Message.newBuilder().setTo("service:" + recipient).setType("order").setBody("tea");
  }

  /** Sends a Message and returns its eventId. */
  private String send(Message.Builder message) {
    String eventId = System.identityHashCode(this) + "-" + next++;
    alice.send(message.setEventId(eventId).build());
    return eventId;
  }

  private Message answer(String eventId) {
    assertThat(alice.receiveAck()).isEqualTo(eventId);
    Message answer = alice.receiveMessage();
    alice.acknowledge(answer.getEventId());
    assertThat(answer.getReplyTo()).isEqualTo(eventId);
    return answer;
  }

  private JsonObject error(String eventId) {
    JsonObject error = alice.receiveError();
    assertThat(error.getString("replyTo")).isEqualTo(eventId);
    return error;
  }

  private static double metric(String name) {
    return Scrape.metric(gateway.managementPort(), "linkspan_upstream_" + name);
  }

  @Test
  void messageIsPostedAsJsonWithHeadersThatNameItsSender() {
    service.on("/orders", post -> post.answer(204));
    String eventId = send(to("orders").setFrom("root").putHeaders("X-Linkspan-User", "root"));
    assertThat(alice.receiveAck()).isEqualTo(eventId);
    Post post = service.next("/orders");
    assertThat(post.request().method().name()).isEqualTo("POST");
    assertThat(post.request().query()).isEqualTo("from=linkspan");
    assertThat(post.header("Content-Type")).isEqualTo("application/json");
    assertThat(post.request().headers().getAll("X-Linkspan-User")).containsExactly("alice");
    assertThat(post.header("X-Linkspan-Session")).isNotEmpty();
    assertThat(post.header("X-Linkspan-Transport")).isEqualTo("websocket");
    assertThat(post.header("X-Linkspan-Node")).isEqualTo(gateway.node().getString("node"));
    assertThat(post.header("X-Linkspan-Remote")).startsWith("127.0.0.1:");
    assertThat(post.header("Idempotency-Key")).isEqualTo(eventId);
    assertThat(post.header("Authorization")).isEqualTo("Bearer x");
    assertThat(post.header("X-Linkspan-Signature")).isNull();
    assertThat(post.header("X-Linkspan-Signature-V2")).isNull();
    JsonObject message = post.message();
    assertThat(message.getString("eventId")).isEqualTo(eventId);
    assertThat(message.getString("from")).isEqualTo("alice");
    assertThat(message.getString("to")).isEqualTo("service:orders");
    assertThat(message.getString("type")).isEqualTo("order");
    assertThat(message.getString("body")).isEqualTo("tea");
    assertThat(message.getString("createAt")).isNotEmpty();
  }

  @Test
  void anyUserNameIsEncodedUnambiguouslyInHeaders() {
    service.on("/orders", post -> post.answer(204));
    try (var odd = WebSocketTestClient.connect(gateway.httpPort(), "user=a%E2%82%AC%20%25:%20y")) {
      odd.send(to("orders").setEventId("ü 1").build());
      assertThat(odd.receiveAck()).isEqualTo("ü 1");
    }
    Post post = service.next("/orders");
    assertThat(post.header("X-Linkspan-User")).isEqualTo("a%E2%82%AC%20%25:%20y");
    assertThat(post.header("Idempotency-Key")).isEqualTo("%C3%BC%201");
  }

  @Test
  void answerThatIsAMessageReachesTheSender() {
    service.on("/orders", post -> post.answer(200, "{\"type\":\"ordered\",\"body\":\"2 cups\"}"));
    Message answer = answer(send(to("orders")));
    assertThat(answer.getType()).isEqualTo("ordered");
    assertThat(answer.getBody()).isEqualTo("2 cups");
    assertThat(answer.getFrom()).isEqualTo("service:orders");
    service.next("/orders");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json         | {\"price\":2}    | {\"price\":2}   | application/json",
        "application/hal+json     | [1, 2]           | [1, 2]          | application/json",
        "application/json         | {half            | {half           | application/json",
        "text/plain;charset=UTF-8 | zwölf            | zwölf           | ''",
        "text/html                | <b>2</b>         | <b>2</b>        | text/html",
      })
  void otherTextAnswersBecomeTheBody(String type, String text, String body, String contentType) {
    service.on("/orders", post -> post.answer(200, type, Buffer.buffer(text)));
    Message answer = answer(send(to("orders")));
    assertThat(answer.getBody()).isEqualTo(body);
    assertThat(answer.getContentType()).isEqualTo(contentType);
    service.next("/orders");
  }

  @Test
  void binaryAnswerBecomesAnAttachment() {
    Buffer image = Buffer.buffer(new byte[] {(byte) 0x89, 'P', 'N', 'G'});
    service.on("/orders", post -> post.answer(200, "image/png", image));
    Message answer = answer(send(to("orders")));
    assertThat(answer.getContentType()).isEqualTo("image/png");
    assertThat(answer.getAttachments(0)).isEqualTo(ByteString.copyFrom(image.getBytes()));
    service.next("/orders");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400 | application/json         | {\"message\":\"no such tea\"} | malformed         | no such tea",
        "401 | text/plain               | who are you?               | malformed         | who are you?",
        "403 | application/problem+json | {\"detail\":\"closed\"}       | forbidden         | closed",
        "404 | text/plain               | no shop here               | no-such-recipient | no shop here",
        "413 | text/html                | <h1>too large</h1>         | too-large         | the service answered 413",
        "422 | application/json         | [half                      | malformed         | the service answered 422",
        "302 | text/plain               | elsewhere                  | internal          | the service answered 302",
      })
  void refusalKeepsItsReason(int status, String type, String body, String code, String text) {
    service.on("/orders", post -> post.answer(status, type, Buffer.buffer(body)));
    JsonObject error = error(send(to("orders")));
    assertThat(error.getString("code")).isEqualTo(code);
    assertThat(error.getString("message")).isEqualTo(text);
    service.next("/orders");
  }

  @Test
  void textOfARefusalIsShortAndOnOneLine() {
    service.on(
        "/orders",
        post -> post.answer(400, "text/plain", Buffer.buffer("a\n\tb" + "x".repeat(10_000))));
    String message = error(send(to("orders"))).getString("message");
    assertThat(message).startsWith("a bxx").hasSize(501);
    service.next("/orders");
  }

  @Test
  void retryAfterOfTheServiceReachesTheClient() {
    service.on(
        "/orders",
        post -> {
          post.request().response().putHeader("Retry-After", "7");
          post.answer(429, "{\"message\":\"slowly\"}");
        });
    JsonObject error = error(send(to("orders")));
    assertThat(error.getString("code")).isEqualTo("rate-limited");
    assertThat(error.getLong("retryAfterMs")).isEqualTo(7_000);
    service.next("/orders");
  }

  @Test
  void failedAttemptIsRetriedWithTheSameIdempotencyKey() {
    service.on(
        "/orders",
        first -> {
          service.on("/orders", second -> second.answer(204));
          first.answer(500);
        });
    String eventId = send(to("orders"));
    assertThat(alice.receiveAck()).isEqualTo(eventId);
    assertThat(service.next("/orders").header("Idempotency-Key")).isEqualTo(eventId);
    assertThat(service.next("/orders").header("Idempotency-Key")).isEqualTo(eventId);
  }

  @Test
  void messageEndsAsUnavailableAfterAllAttemptsFail() {
    service.on("/orders", post -> post.answer(500));
    JsonObject error = error(send(to("orders")));
    assertThat(error.getString("code")).isEqualTo("unavailable");
    assertThat(error.getString("message")).isEqualTo("the service answered 500");
    for (int i = 0; i < 3; i++) {
      service.next("/orders");
    }
  }

  @Test
  void serviceThatRefusesConnectionsIsUnavailable() {
    JsonObject error = error(send(to("gone")));
    assertThat(error.getString("code")).isEqualTo("unavailable");
    assertThat(error.getString("message")).isEqualTo("the service cannot be reached");
    assertThat(metric("retries_total{upstream=\"service:gone\"}")).isEqualTo(1);
    assertThat(metric("requests_total{outcome=\"unavailable\",upstream=\"service:gone\"}"))
        .isEqualTo(1);
  }

  @Test
  void serviceThatDoesNotAnswerIsATimeout() {
    service.on("/single", post -> {});
    assertThat(error(send(to("single"))).getString("code")).isEqualTo("timeout");
    service.next("/single");
  }

  @Test
  void timeoutOfTheRouteReplacesThatOfTheBus() {
    service.on(
        "/orders", post -> Vertx.currentContext().owner().setTimer(300, id -> post.answer(204)));
    String eventId = send(to("orders"));
    assertThat(alice.receiveAck()).isEqualTo(eventId);
    service.next("/orders");
  }

  @Test
  void answerThatArrivesTooSlowlyIsATimeout() {
    service.on(
        "/single",
        post -> {
          HttpServerResponse response = post.request().response().setChunked(true);
          Vertx vertx = Vertx.currentContext().owner();
          // Only the gateway ends this.
          vertx.setPeriodic(
              20,
              id -> {
                if (response.closed()) {
                  vertx.cancelTimer(id);
                } else {
                  response.write("x");
                }
              });
        });
    assertThat(error(send(to("single"))).getString("code")).isEqualTo("timeout");
    Post post = service.next("/single");
    await().until(() -> post.request().response().closed());
  }

  @Test
  void truncatedAnswerIsUnavailable() {
    service.on(
        "/single",
        post -> {
          post.request().response().putHeader("Content-Length", "100").write("half");
          post.request().connection().close();
        });
    assertThat(error(send(to("single"))).getString("code")).isEqualTo("unavailable");
    service.next("/single");
  }

  @Test
  void answerThatIsTooLargeIsAnErrorAndClosesTheConnection() {
    service.on(
        "/orders",
        post -> post.answer(200, "text/plain", Buffer.buffer("x".repeat(MAX_ANSWER + 1))));
    JsonObject error = error(send(to("orders")));
    assertThat(error.getString("code")).isEqualTo("internal");
    assertThat(error.getString("message"))
        .isEqualTo("the service's answer is larger than 65536 bytes");
    service.next("/orders");
    service.on(
        "/orders", post -> post.answer(200, "text/plain", Buffer.buffer("x".repeat(MAX_ANSWER))));
    assertThat(answer(send(to("orders"))).getBody()).hasSize(MAX_ANSWER);
    service.next("/orders");
  }

  @Test
  void signatureCanBeVerifiedWithTheSecret() throws Exception {
    send(to("signed").setBody("für zwei"));
    Post post = service.next("/signed");
    String timestamp = post.header("X-Linkspan-Timestamp");
    String signed =
        String.join(
            "\n",
            "v2",
            timestamp,
            "POST",
            "/signed?a=%20b",
            "alice",
            post.header("Idempotency-Key"),
            post.body().toString());
    assertThat(post.header("X-Linkspan-Signature-V2")).isEqualTo("v2=" + hmac(signed));
    assertThat(post.header("X-Linkspan-Signature"))
        .as("of the release before")
        .isEqualTo("sha256=" + hmac(timestamp + "." + post.body()));
    assertThat(Long.parseLong(post.header("X-Linkspan-Timestamp")))
        .isBetween(System.currentTimeMillis() / 1000 - 60, System.currentTimeMillis() / 1000);
  }

  private static String hmac(String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec("geheim".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void largeBodiesAreCompressedInBothDirections() throws IOException {
    byte[] answer = gzip(Buffer.buffer("{\"body\":\"" + "y".repeat(5_000) + "\"}").getBytes());
    service.on(
        "/gzip",
        post -> {
          post.request().response().putHeader("Content-Encoding", "gzip");
          post.answer(200, "application/json", Buffer.buffer(answer));
        });
    assertThat(answer(send(to("gzip").setBody("x".repeat(5_000)))).getBody()).hasSize(5_000);
    Post large = service.next("/gzip");
    assertThat(large.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(large.header("Accept-Encoding")).contains("gzip");
    assertThat(large.body().length()).isLessThan(1_000);
    byte[] plain =
        new GZIPInputStream(new ByteArrayInputStream(large.body().getBytes())).readAllBytes();
    assertThat(new JsonObject(Buffer.buffer(plain)).getString("body")).hasSize(5_000);
    answer(send(to("gzip").setBody("short")));
    assertThat(service.next("/gzip").header("Content-Encoding")).isNull();
  }

  @Test
  void serviceThatAnswers415GetsUncompressedBodies() {
    service.on("/plain", post -> post.answer(post.header("Content-Encoding") == null ? 204 : 415));
    String large = "x".repeat(5_000);
    String first = send(to("plain").setBody(large));
    assertThat(alice.receiveAck()).isEqualTo(first);
    assertThat(service.next("/plain").header("Content-Encoding")).isEqualTo("gzip");
    assertThat(service.next("/plain").header("Content-Encoding")).isNull();
    String second = send(to("plain").setBody(large));
    assertThat(alice.receiveAck()).isEqualTo(second);
    assertThat(service.next("/plain").header("Content-Encoding")).isNull();
  }

  @Test
  void answerThatInflatesBeyondTheLimitIsAnError() throws IOException {
    byte[] bomb = gzip(new byte[256 << 20]);
    service.on(
        "/gzip",
        post -> {
          post.request().response().putHeader("Content-Encoding", "gzip");
          post.answer(200, "text/plain", Buffer.buffer(bomb));
        });
    JsonObject error = error(send(to("gzip")));
    assertThat(error.getString("code")).isEqualTo("internal");
    assertThat(error.getString("message")).contains("larger than");
    service.next("/gzip");
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    }
    return bytes.toByteArray();
  }

  @Test
  void unknownContentCodingIsAnError() {
    service.on(
        "/orders",
        post -> {
          post.request().response().putHeader("Content-Encoding", "br");
          post.answer(200, "text/plain", Buffer.buffer("not really"));
        });
    JsonObject error = error(send(to("orders")));
    assertThat(error.getString("code")).isEqualTo("internal");
    assertThat(error.getString("message")).isEqualTo("the service's answer is encoded as br");
    assertThat(service.next("/orders").header("Accept-Encoding")).isNull();
  }

  @Test
  void serviceOverTlsMustHaveATrustedCertificate() {
    String eventId = send(to("secure"));
    assertThat(alice.receiveAck()).isEqualTo(eventId);
    secure.next("/secure");
    assertThat(error(send(to("distrusted"))).getString("code")).isEqualTo("unavailable");
  }

  @Test
  void heldMessageIsAcknowledgedOnlyAfterTheOutage() {
    String[] held = new String[3];
    for (int i = 0; i < held.length; i++) {
      held[i] = send(to("held"));
    }
    await().until(() -> metric("held{upstream=\"service:held\"}") == 3);
    assertThat(metric("breaker_opened_total{upstream=\"service:held\"}")).isEqualTo(1);
    assertThat(error(send(to("held"))).getString("code")).isEqualTo("queue-full");
    assertThat(error(send(to("held").putHeaders("volatile", "true"))).getString("code"))
        .isEqualTo("unavailable");
    try (HttpService late = HttpService.start(freePort)) {
      for (String eventId : held) {
        assertThat(late.next("/held").header("Idempotency-Key")).isEqualTo(eventId);
        assertThat(alice.receive()).isEqualTo(AckMessage.newBuilder().setEventId(eventId).build());
      }
      await().until(() -> metric("breaker{state=\"closed\",upstream=\"service:held\"}") == 1);
    }
  }

  @Test
  void routeCanAcknowledgeOnAcceptance() {
    service.on("/fire", post -> post.answer(500));
    String eventId = send(to("fire"));
    assertThat(alice.receiveAck()).isEqualTo(eventId);
    for (int i = 0; i < 3; i++) {
      service.next("/fire");
    }
  }
}
