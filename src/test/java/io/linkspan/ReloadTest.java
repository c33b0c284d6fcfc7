package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.WebSocketTestClient;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Changes the file of a gateway that has clients, and lets it reload. */
class ReloadTest {

  private static final String ROUTES =
      "routes: [{to: 'service:echo', bus: echo}, {to: 'user:*'}]\n";

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path folder;
  private TestGateway gateway;
  private int lastId;

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(PATIENCE);
  }

  private void write(String yaml) throws IOException {
    Files.writeString(folder.resolve("linkspan.yaml"), yaml);
  }

  private void start(String yaml, Map<String, String> settings) throws IOException {
    write(yaml);
    gateway = TestGateway.start(folder.resolve("linkspan.yaml"), settings);
  }

  private void start(String yaml) throws IOException {
    start(yaml, Map.of("eventLoops", "2"));
  }

  private RawHttp.Response post(String... headers) {
    return RawHttp.post(gateway.managementPort(), "/v1/reload", "", headers).response();
  }

  /** Writes another file and reloads it, which must succeed. */
  private JsonObject reload(String yaml) throws IOException {
    write(yaml);
    RawHttp.Response answer = post();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body());
  }

  /** Writes another file and reloads it, which must be refused; returns the problems. */
  private String refused(String yaml) throws IOException {
    write(yaml);
    RawHttp.Response answer = post();
    assertThat(answer.status()).as(answer.body()).isEqualTo(422);
    JsonObject error = new JsonObject(answer.body());
    assertThat(error.getString("code")).isEqualTo("invalid-configuration");
    return String.join(
        "\n", error.getJsonArray("problems").stream().map(String.class::cast).toList());
  }

  private static JsonArray keys(String... keys) {
    return new JsonArray(List.of(keys));
  }

  private WebSocketTestClient connect(String query) {
    return WebSocketTestClient.connect(gateway.httpPort(), query + "&ack=transport");
  }

  private Message to(String to) {
    return Message.newBuilder()
        .setEventId(Integer.toString(++lastId))
        .setTo(to)
        .setType("text")
        .setBody("hello")
        .build();
  }

  private void assertAnswered(WebSocketTestClient client, String to) {
    Message message = to(to);
    client.send(message);
    assertAnswer(client, message);
  }

  /** Reads the outcome of a Message; returns the body of the answer. */
  private static String assertAnswer(WebSocketTestClient client, Message message) {
    assertThat(client.receiveAck()).isEqualTo(message.getEventId());
    Message answer = client.receiveMessage();
    assertThat(answer.getReplyTo()).isEqualTo(message.getEventId());
    return answer.getBody();
  }

  private void assertRefused(WebSocketTestClient client, String to, String code) {
    client.send(to(to));
    assertThat(client.receiveError().getString("code")).isEqualTo(code);
  }

  @Test
  void anUnchangedFileChangesNothing() throws Exception {
    start(ROUTES);
    assertThat(reload(ROUTES))
        .isEqualTo(new JsonObject().put("changed", keys()).put("restart", keys()));
  }

  @Test
  void routesChangeForConnectedClients() throws Exception {
    start(ROUTES);
    try (WebSocketTestClient client = connect("user=alice")) {
      assertRefused(client, "service:other", "forbidden");
      JsonObject answer = reload("routes: [{to: 'service:other', bus: echo}]");
      assertThat(answer.getJsonArray("changed")).isEqualTo(keys("routes"));
      assertAnswered(client, "service:other");
      assertRefused(client, "service:echo", "forbidden");
    }
  }

  private JsonObject routes() {
    return new JsonObject(RawHttp.get(gateway.managementPort(), "/v1/routes").response().body());
  }

  @Test
  void aRouteThatStaysKeepsItsCount() throws Exception {
    start(ROUTES);
    try (WebSocketTestClient client = connect("user=alice")) {
      assertAnswered(client, "service:echo");
      assertAnswered(client, "service:echo");
      assertRefused(client, "service:other", "forbidden");
      reload(
          "routes: [{to: 'service:other', type: 't*', bus: echo}, {to: 'service:echo', bus: echo},"
              + " {to: 'user:*', volatile: true},"
              + " {to: 'service:h', http: {url: 'http://a.example/b?key=x'}},"
              + " {type: 'q', tcp: {host: b.example, port: 7}},"
              + " {to: 'group:*', slow: latest}, {to: 'user:x', mailbox: 2m}]");
      assertAnswered(client, "service:other");
      assertAnswered(client, "service:echo");
      JsonObject routes = routes();
      assertThat(routes.getString("node")).isEqualTo(gateway.node().getString("node"));
      assertThat(routes.getLong("unrouted")).isEqualTo(1);
      assertThat(routes.getJsonArray("routes"))
          .isEqualTo(
              new JsonArray(
                  """
                  [
                    {"index":0,"to":"service:other","type":"t*","target":"bus echo","volatile":false,"hits":1},
                    {"index":1,"to":"service:echo","target":"bus echo","volatile":false,"hits":3},
                    {"index":2,"to":"user:*","target":"clients","volatile":true,"hits":0},
                    {"index":3,"to":"service:h","target":"http http://a.example/b?•••","volatile":false,"hits":0},
                    {"index":4,"type":"q","target":"tcp b.example:7","volatile":false,"hits":0},
                    {"index":5,"to":"group:*","target":"clients","volatile":false,"slow":"latest","hits":0},
                    {"index":6,"to":"user:x","target":"clients","volatile":false,"mailboxMs":120000,"hits":0}
                  ]
                  """));
      String metrics = Scrape.text(gateway.managementPort());
      assertThat(metrics)
          .contains(
              "linkspan_route_messages_total{route=\"0 service:other type t*\"} 1.0",
              "linkspan_route_messages_total{route=\"1 service:echo\"} 3.0",
              "linkspan_route_unrouted_total 1.0")
          .doesNotContain("route=\"0 service:echo\"");
    }
  }

  @Test
  void theValuesInForceAreThoseOfTheReload() throws Exception {
    start(ROUTES);
    reload(ROUTES + "limits: {inFlight: 7}\nsession: {grace: 3s}");
    String body = RawHttp.get(gateway.managementPort(), "/v1/config").response().body();
    assertThat(body)
        .contains("{\"key\":\"limits.inFlight\",\"value\":7,\"source\":\"file\",\"live\":true}")
        .contains("\"key\":\"session.grace\",\"value\":\"2m\",\"source\":\"default\"");
  }

  @Test
  void aFileThatIsNotValidChangesNothingAndNamesTheKey() throws Exception {
    start(ROUTES);
    try (WebSocketTestClient client = connect("user=alice")) {
      assertThat(refused("routes: [{to: 'service:other', bus: echo}]\nlimits: {inFlight: some}"))
          .contains("linkspan.yaml:2: limits.inFlight: \"some\": expected a whole number");
      assertThat(refused("routes: [")).contains("not valid YAML");
      Files.delete(folder.resolve("linkspan.yaml"));
      assertThat(post().status()).isEqualTo(422);
      assertAnswered(client, "service:echo");
      assertThat(reload(ROUTES).getJsonArray("changed")).isEmpty();
    }
  }

  @Test
  void whatNeedsARestartIsNamedAndTheRestIsApplied() throws Exception {
    start(ROUTES);
    int port = gateway.httpPort();
    String yaml =
        "routes: [{to: 'service:other', bus: echo}]\nsession: {grace: 7s}\nbans: {mode: 'on'}\n";
    for (int reload = 0; reload < 2; reload++) {
      JsonObject answer = reload(yaml);
      assertThat(answer.getJsonArray("restart")).isEqualTo(keys("session.grace", "bans.mode"));
      assertThat(answer.getJsonArray("changed")).isEqualTo(reload == 0 ? keys("routes") : keys());
    }
    assertThat(gateway.httpPort()).isEqualTo(port);
    try (WebSocketTestClient client = connect("user=alice")) {
      assertAnswered(client, "service:other");
    }
  }

  @Test
  void aChangeThatIsValidOnlyWithAnotherOneThatNeedsARestartIsRefused() throws Exception {
    start("auth: {mode: jwt, jwt: {key: '" + TestTokens.SECRET + "'}}\n" + ROUTES);
    String problems = refused("auth: {mode: none, jwt: {key: ''}}\n" + ROUTES);
    assertThat(problems)
        .contains("not without a restart, which these keys need: auth.mode")
        .contains("auth.jwt.key: expected a key");
  }

  @Test
  void permissionsChangeForConnectedClients() throws Exception {
    start(ROUTES);
    try (WebSocketTestClient client = connect("user=alice")) {
      assertAnswered(client, "service:echo");
      reload(ROUTES + "permissions: [{deny: send, to: 'service:*'}]");
      assertRefused(client, "service:echo", "forbidden");
      reload(ROUTES);
      assertAnswered(client, "service:echo");
    }
  }

  @Test
  void ratesAndSizesChangeForConnectedClients() throws Exception {
    start(ROUTES);
    try (WebSocketTestClient client = connect("user=alice")) {
      assertAnswered(client, "service:echo");
      // A Message passes when the bucket is full, and the next one waits a second for each of its
      // bytes.
      reload(ROUTES + "limits: {byteRate: 1/s, joinNames: 1}");
      assertAnswered(client, "service:echo");
      assertRefused(client, "service:echo", "rate-limited");
      reload(ROUTES + "limits: {joinNames: 1}");
      client.send(
          Message.newBuilder()
              .setEventId("join")
              .setType("join_group")
              .setBody("[\"a\",\"b\"]")
              .build());
      assertThat(client.receiveError().getString("code")).isEqualTo("too-large");
    }
  }

  @Test
  void aLimitOfConnectionsCountsThoseFromBeforeIt() throws Exception {
    start(ROUTES);
    try (WebSocketTestClient first = connect("user=alice")) {
      reload(ROUTES + "limits: {connectionsPerAddress: 1}");
      assertThat(upgrade().status()).isEqualTo(429);
      assertAnswered(first, "service:echo");
      reload(ROUTES + "limits: {connections: 1}");
      assertThat(upgrade().status()).isEqualTo(429);
      reload(ROUTES + "limits: {connectionsPerAddress: 2}");
      connect("user=bob").close();
    }
  }

  private RawHttp.Response upgrade(String... headers) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="));
    all.addAll(List.of(headers));
    return RawHttp.get(gateway.httpPort(), "/ws?user=carol", all.toArray(String[]::new)).response();
  }

  @Test
  void originsAndNamespacesChange() throws Exception {
    start(ROUTES);
    try (SocketIoTestClient client = SocketIoTestClient.connect(gateway.httpPort(), "user=alice")) {
      client.sendPacket("40/chat,");
      assertThat(client.readPacket()).startsWith("44/chat,");
      assertThat(upgrade("Origin: https://a.example").status()).isEqualTo(403);
      JsonObject answer =
          reload(
              ROUTES
                  + "http: {origins: ['https://a.example']}\n"
                  + "socketio: {namespaces: ['/', '/chat']}\n");
      assertThat(answer.getJsonArray("changed"))
          .isEqualTo(keys("http.origins", "socketio.namespaces"));
      client.sendPacket("40/chat,");
      assertThat(client.readPacket()).startsWith("40/chat,");
      assertThat(upgrade("Origin: https://b.example").status()).isEqualTo(403);
      RawHttp allowed =
          RawHttp.get(
              gateway.httpPort(),
              "/socket.io/?EIO=4&transport=polling",
              "Origin: https://a.example");
      assertThat(allowed.response().header("Access-Control-Allow-Origin"))
          .isEqualTo("https://a.example");
    }
  }

  @Test
  void theKeyOfTheManagementPortChanges() throws Exception {
    String before = "Authorization: Bearer 0123456789abcdef";
    String after = "Authorization: Bearer fedcba9876543210";
    start(ROUTES + "management: {apiKey: 0123456789abcdef}\n");
    assertThat(post().status()).isEqualTo(401);
    write(ROUTES + "management: {apiKey: fedcba9876543210}\n");
    assertThat(post(before).status()).isEqualTo(200);
    assertThat(post(before).status()).isEqualTo(401);
    assertThat(post(after).status()).isEqualTo(200);
  }

  @Test
  void tokensAreVerifiedByTheNewKeyAndConnectedClientsStay() throws Exception {
    String other = "x".repeat(64);
    String yaml = "auth: {mode: jwt, jwt: {key: '%s'}}\n" + ROUTES;
    start(yaml.formatted(TestTokens.SECRET));
    try (WebSocketTestClient client = connect("token=" + TestTokens.of("alice", 600))) {
      JsonObject answer = reload(yaml.formatted(other));
      assertThat(answer.getJsonArray("changed")).isEqualTo(keys("auth.jwt.key"));
      assertAnswered(client, "service:echo");
      try (WebSocketTestClient late = connect("token=" + TestTokens.of("alice", 600))) {
        assertThat(late.closeCode()).isEqualTo(4401);
      }
      String token =
          TestTokens.hmac(
              TestTokens.header("HS256"),
              TestTokens.claims("bob", 600).encode(),
              other.getBytes(StandardCharsets.UTF_8));
      try (WebSocketTestClient bob = connect("token=" + token)) {
        assertAnswered(bob, "service:echo");
      }
    }
  }

  @Test
  void keysThatCannotBeReadChangeNothing() throws Exception {
    String jwt = "auth: {mode: jwt, jwt: {algorithm: %s, key: '%s', jwks: '%s'}}\n" + ROUTES;
    start(jwt.formatted("HS256", TestTokens.SECRET, ""));
    String closed = "http://127.0.0.1:%d/keys".formatted(FreePort.of());
    assertThat(refused(jwt.formatted("RS256", "", closed)))
        .contains("auth.jwt: the keys of tokens");
    try (WebSocketTestClient client = connect("token=" + TestTokens.of("alice", 600))) {
      assertAnswered(client, "service:echo");
    }
  }

  private static String http(String path, int port) {
    return "routes: [{to: 'service:legacy', http: {url: 'http://127.0.0.1:%d%s'}}]\n"
        .formatted(port, path);
  }

  @Test
  void aChangedUpstreamFinishesWhatItHas() throws Exception {
    try (HttpService service = HttpService.start(0)) {
      start(http("/old", service.port()));
      try (WebSocketTestClient client = connect("user=alice")) {
        service.on("/old", post -> {});
        service.on("/new", post -> post.answer(200, "{\"body\":\"new\"}"));
        Message slow = to("service:legacy");
        client.send(slow);
        HttpService.Post first = service.next("/old");
        reload(http("/new", service.port()));
        Message second = to("service:legacy");
        client.send(second);
        assertThat(assertAnswer(client, second)).isEqualTo("new");
        awaitMetric("linkspan_upstream_in_flight{upstream=\"service:legacy\"}", 1);
        first.answer(200, "{\"body\":\"old\"}");
        assertThat(assertAnswer(client, slow)).isEqualTo("old");
        awaitMetric("linkspan_upstream_in_flight{upstream=\"service:legacy\"}", 0);
        reload(ROUTES);
        assertRefused(client, "service:legacy", "forbidden");
        await()
            .until(
                () ->
                    !Scrape.text(gateway.managementPort()).contains("upstream=\"service:legacy\""));
      }
    }
  }

  private void awaitMetric(String metric, double value) {
    await()
        .until(() -> Scrape.metric(gateway.managementPort(), metric), current -> current == value);
  }

  @Test
  void anUnchangedUpstreamIsNotTouched() throws Exception {
    try (HttpService service = HttpService.start(0)) {
      start(http("/a", service.port()));
      try (WebSocketTestClient client = connect("user=alice")) {
        service.on("/a", post -> post.answer(200, "{\"body\":\"a\"}"));
        assertAnswered(client, "service:legacy");
        var connection = service.next("/a").request().connection();
        String yaml =
            "routes: [{to: 'service:echo', bus: echo}, {to: 'service:legacy',"
                + " http: {url: 'http://127.0.0.1:%d/a'}}]\n".formatted(service.port());
        reload(yaml);
        assertAnswered(client, "service:echo");
        assertAnswered(client, "service:legacy");
        assertThat(service.next("/a").request().connection()).isSameAs(connection);
      }
    }
  }

  @Test
  void levelsOfLoggersChangeAndAreRestored() throws Exception {
    start(ROUTES);
    var logger = LoggerFactory.getLogger("io.linkspan.nothing.in.particular");
    assertThat(logger.isDebugEnabled()).isFalse();
    reload(ROUTES + "log: {levels: ['io.linkspan.nothing=debug']}");
    assertThat(logger.isDebugEnabled()).isTrue();
    reload(ROUTES + "log: {levels: ['io.linkspan.nothing=ERROR']}");
    assertThat(logger.isWarnEnabled()).isFalse();
    reload(ROUTES);
    assertThat(logger.isDebugEnabled()).isFalse();
    assertThat(logger.isWarnEnabled()).isTrue();
    assertThat(refused(ROUTES + "log: {levels: ['io.linkspan=loud']}"))
        .contains("log.levels: [\"io.linkspan=loud\"]: expected NAME=LEVEL");
  }

  @Test
  void aCertificateThatCannotBeUsedChangesNothingAndAnotherOneIsUsedAtOnce() throws Exception {
    SelfSignedCertificate first = SelfSignedCertificate.create();
    SelfSignedCertificate second = SelfSignedCertificate.create();
    Path cert = Path.of(first.certificatePath());
    Path key = Path.of(first.privateKeyPath());
    try {
      String yaml = "http: {tls: {cert: '%s', key: '%s', reload: 1h}}\n".formatted(cert, key);
      start(yaml + ROUTES);
      byte[] before = Files.readAllBytes(cert);
      assertThat(servedCertificate()).isEqualTo(der(before));
      Files.copy(Path.of(second.certificatePath()), cert, StandardCopyOption.REPLACE_EXISTING);
      assertThat(refused(yaml)).contains("http.tls.cert: " + cert + " with " + key);
      assertThat(servedCertificate()).isEqualTo(der(before));
      Files.copy(Path.of(second.privateKeyPath()), key, StandardCopyOption.REPLACE_EXISTING);
      assertThat(reload(yaml).getJsonArray("changed")).isEqualTo(keys("routes"));
      await()
          .untilAsserted(
              () -> assertThat(servedCertificate()).isEqualTo(der(Files.readAllBytes(cert))));
    } finally {
      first.delete();
      second.delete();
    }
  }

  /** Returns the certificate that the HTTP port shows. */
  private byte[] servedCertificate() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    try (var socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", gateway.httpPort())) {
      return socket.getSession().getPeerCertificates()[0].getEncoded();
    }
  }

  private static byte[] der(byte[] pem) throws CertificateException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(pem))
        .getEncoded();
  }

  @Test
  void bansCountByTheNewThresholds() throws Exception {
    String yaml = ROUTES + "bans: {mode: 'on', exempt: [], forbidden: %d}\n";
    start(yaml.formatted(1_000), Map.of("eventLoops", "1"));
    try (WebSocketTestClient client = connect("user=alice")) {
      assertRefused(client, "service:other", "forbidden");
      JsonObject answer = reload(yaml.formatted(1));
      assertThat(answer.getJsonArray("changed")).isEqualTo(keys("bans.forbidden"));
      assertRefused(client, "service:other", "forbidden");
      assertThat(upgrade().status()).isNotEqualTo(429);
      assertRefused(client, "service:other", "forbidden");
      await().until(() -> upgrade().status() == 429);
    }
  }

  @Test
  void manyReloadsAtOnceRunOneByOne() throws Exception {
    start(ROUTES);
    write("routes: [{to: 'service:other', bus: echo}]");
    List<RawHttp> calls =
        IntStream.range(0, 20)
            .mapToObj(i -> RawHttp.post(gateway.managementPort(), "/v1/reload", ""))
            .toList();
    long changes =
        calls.stream()
            .map(RawHttp::response)
            .map(answer -> new JsonObject(answer.body()))
            .filter(answer -> answer.getJsonArray("changed").equals(keys("routes")))
            .count();
    assertThat(changes).isEqualTo(1);
  }
}
