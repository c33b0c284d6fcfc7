package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.Patience;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.linkspan.testing.TokenTransport.Ports;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests what a revocation does to the clients of one node, on every transport. */
class RevokedClientsAreDisconnectedTest {

  private static final int REVOKED = 4401;
  private static final int BLOCKED = 4403;
  private static final long LONG = 600;

  private final BlockingQueue<JsonObject> questions = new LinkedBlockingQueue<>();
  private TestGateway gateway;
  private BlockingQueue<JsonObject> events;
  private GatewayClient clients;

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void start(Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("eventLoops", "2");
    // The client of ENet sends nothing while the test waits for others.
    settings.put("enet.timeout.minimum", "50s");
    settings.put("enet.timeout.maximum", "60s");
    settings.putAll(more);
    gateway = TestGateway.start(settings);
    events = gateway.events();
    clients = GatewayClient.create(gateway.vertx());
  }

  /** Starts a gateway that asks a service too; {@link #questions} has what it was asked. */
  private void startWithHook(String mode, Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(more);
    settings.put("auth.mode", mode);
    settings.put("auth.hook.bus", "auth");
    start(settings);
    TestGateway.await(
        gateway
            .vertx()
            .eventBus()
            .<Message>consumer(
                "auth",
                asked -> {
                  JsonObject question = new JsonObject(asked.body().getBody());
                  questions.add(question);
                  String user = question.getString("user", question.getString("token"));
                  asked.reply(new JsonObject().put("user", user));
                })
            .completion());
  }

  private static String token(String user, String id) {
    return TestTokens.signed(TestTokens.claims(user, LONG).put("jti", id));
  }

  private static Revocation entry(Kind kind) {
    Instant end = Instant.now().plusSeconds(LONG);
    return switch (kind) {
      case TOKEN -> Revocation.ofToken("t1").endingAt(end);
      // Tokens state seconds: those of this second were issued before the next one.
      case TOKENS -> Revocation.ofTokens("alice").issuedEarlierThan(Instant.now().plusSeconds(1));
      case USER -> Revocation.ofUser("alice").endingAt(end);
      case NETWORK -> Revocation.ofNetwork("127.0.0.0/8").endingAt(end);
    };
  }

  private static boolean isBlock(Kind kind) {
    return kind == Kind.USER || kind == Kind.NETWORK;
  }

  private Revocation revoke(Revocation entry) {
    return TestGateway.await(clients.revoke(entry));
  }

  private JsonObject event(String kind) throws InterruptedException {
    for (JsonObject event; (event = events.poll(Patience.SECONDS, TimeUnit.SECONDS)) != null; ) {
      if (event.getString("event").equals(kind)) {
        return event;
      }
    }
    throw new AssertionError("no event " + kind);
  }

  private static void echo(TestClient client) {
    client.send(Message.newBuilder().setEventId("echo").setTo("service:echo").setBody("x").build());
    assertThat(client.receiveAck()).isEqualTo("echo");
  }

  private static JsonObject session(TestClient client) {
    Message told = client.receiveMessage();
    assertThat(told.getType()).isEqualTo("session");
    return new JsonObject(told.getBody());
  }

  private TestClient resumable(TokenTransport transport, String token, String session) {
    TestClient client = transport.open(Ports.of(gateway), token, session);
    transport.awaitJoin(client);
    return client;
  }

  /** Breaks the link without a close message. */
  private static void drop(TestClient client) {
    if (client instanceof TcpTestClient tcp) {
      tcp.socket().reset();
    } else if (client instanceof EnetTestClient enet) {
      enet.vanish();
    } else {
      client.close();
    }
  }

  static Stream<Arguments> transportsAndKinds() {
    return Stream.of(TokenTransport.values())
        .flatMap(transport -> Stream.of(Kind.values()).map(kind -> Arguments.of(transport, kind)));
  }

  @ParameterizedTest
  @MethodSource("transportsAndKinds")
  void liveLinkIsClosedAndItsSessionEnds(TokenTransport transport, Kind kind) throws Exception {
    start(Map.of());
    try (TestClient alice = resumable(transport, token("alice", "t1"), "");
        TestClient bob = transport.connect(gateway, token("bob", "t2"))) {
      session(alice);
      Future<?> waiting = clients.send(Message.newBuilder().setEventId("1").setTo("alice").build());
      assertThat(alice.receiveMessage().getEventId()).isEqualTo("1");
      revoke(entry(kind));
      assertThat(alice.closeCode()).isEqualTo(isBlock(kind) ? BLOCKED : REVOKED);
      JsonObject ended = event("disconnected");
      assertThat(ended.getString("reason")).isEqualTo(isBlock(kind) ? "blocked" : "revoked");
      assertThatExceptionOfType(MessageException.class)
          .isThrownBy(() -> TestGateway.await(waiting))
          .withMessageContaining(isBlock(kind) ? "blocked" : "revoked")
          .matches(failure -> failure.code() == ErrorCode.NO_SUCH_RECIPIENT);
      assertThat(TestGateway.await(clients.presence("alice"))).isZero();
      if (kind != Kind.NETWORK) {
        echo(bob);
      }
      String metric = "linkspan_revocation_ended_total{kind=\"" + kind.label() + "\"}";
      Awaitility.await().until(() -> Scrape.metric(gateway.managementPort(), metric) >= 1);
    }
  }

  /** A session that waits has no network. */
  static Stream<Arguments> transportsAndKindsWithoutNetworks() {
    return transportsAndKinds().filter(both -> both.get()[1] != Kind.NETWORK);
  }

  @ParameterizedTest
  @MethodSource("transportsAndKindsWithoutNetworks")
  void sessionThatWaitsForItsClientEnds(TokenTransport transport, Kind kind) throws Exception {
    start(Map.of("enet.timeout.minimum", "500ms", "enet.timeout.maximum", "1s"));
    TestClient before = resumable(transport, token("alice", "t1"), "");
    String session = session(before).getString("session");
    drop(before);
    event("disconnected");
    Future<?> waiting = clients.send(Message.newBuilder().setEventId("1").setTo("alice").build());
    Revocation entry = revoke(entry(kind));
    assertThat(event("expired").getString("reason"))
        .isEqualTo(isBlock(kind) ? "blocked" : "revoked");
    assertThatExceptionOfType(MessageException.class)
        .isThrownBy(() -> TestGateway.await(waiting))
        .matches(failure -> failure.code() == ErrorCode.NO_SUCH_RECIPIENT);
    assertThat(transport.refusal(Ports.of(gateway), token("alice", "t1"), session))
        .isEqualTo(isBlock(kind) ? BLOCKED : REVOKED);
    TestGateway.await(clients.unrevoke(entry.id()));
    try (TestClient after = resumable(transport, token("alice", "t3"), session)) {
      assertThat(session(after).getBoolean("recovered")).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void clientIsRefusedBeforeTheServiceIsAsked(TokenTransport transport) {
    startWithHook("jwt-hook", Map.of("auth.hook.cache", "1h"));
    revoke(entry(Kind.TOKEN));
    assertThat(transport.refusal(gateway, token("alice", "t1"))).isEqualTo(REVOKED);
    revoke(entry(Kind.USER));
    assertThat(transport.refusal(gateway, token("alice", "t2"))).isEqualTo(BLOCKED);
    assertThat(questions).isEmpty();
    transport.connect(gateway, token("bob", "t3")).close();
    assertThat(questions).hasSize(1);
    revoke(Revocation.ofToken("t3"));
    assertThat(transport.refusal(gateway, token("bob", "t3"))).isEqualTo(REVOKED);
    assertThat(questions).as("a stored decision").hasSize(1);
    assertThat(
            Scrape.metric(
                gateway.managementPort(), "linkspan_revocation_refused_total{kind=\"token\"}"))
        .isEqualTo(2);
  }

  @Test
  void serviceThatDecidesAloneIsAskedOnceAboutABlockedClient() {
    startWithHook("hook", Map.of());
    revoke(entry(Kind.USER));
    for (int i = 0; i < 3; i++) {
      assertThat(TokenTransport.TCP.refusal(gateway, "alice")).isEqualTo(BLOCKED);
    }
    assertThat(questions).hasSize(1);
  }

  @Test
  void serviceThatDecidesAloneIsAskedAgainAfterWhatItDecidedWasRevoked() throws Exception {
    startWithHook("hook", Map.of("auth.hook.cache", "1h"));
    try (TestClient before = TokenTransport.TCP.connect(gateway, "alice")) {
      revoke(Revocation.ofTokens("alice").issuedEarlierThan(Instant.now().plusMillis(1)));
      assertThat(before.closeCode()).isEqualTo(REVOKED);
    }
    try (TestClient after = TokenTransport.TCP.connect(gateway, "alice")) {
      echo(after);
    }
    assertThat(questions).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource
  void newTokenOfTheUserIsAccepted(TokenTransport transport) throws Exception {
    start(Map.of());
    revoke(Revocation.ofTokens("alice").issuedEarlierThan(Instant.now().minusSeconds(30)));
    JsonObject old = TestTokens.claims("alice", LONG);
    old.put("iat", old.getLong("iat") - 60);
    assertThat(transport.refusal(gateway, TestTokens.signed(old))).isEqualTo(REVOKED);
    old.remove("iat");
    assertThat(transport.refusal(gateway, TestTokens.signed(old))).isEqualTo(REVOKED);
    try (TestClient client = transport.connect(gateway, token("alice", "t2"))) {
      echo(client);
    }
  }

  @ParameterizedTest
  @EnumSource
  void identityIsNotRenewedWithARevokedToken(TokenTransport transport) throws Exception {
    start(Map.of());
    revoke(Revocation.ofToken("t2"));
    try (TestClient client = transport.connect(gateway, token("alice", "t1"))) {
      client.send(auth(token("alice", "t2")));
      assertThat(client.receiveError().getString("code")).isEqualTo("unauthenticated");
      echo(client);
    }
  }

  @ParameterizedTest
  @EnumSource
  void tokenThatAClientHasRenewedWithIsRevokedInPlaceOfTheFirst(TokenTransport transport)
      throws Exception {
    start(Map.of());
    try (TestClient client = transport.connect(gateway, token("alice", "t1"))) {
      client.send(auth(token("alice", "t2")));
      assertThat(client.receiveAck()).isEqualTo("renewal");
      revoke(Revocation.ofToken("t1"));
      echo(client);
      revoke(Revocation.ofToken("t2"));
      assertThat(client.closeCode()).isEqualTo(REVOKED);
    }
  }

  private static Message auth(String token) {
    return Message.newBuilder().setEventId("renewal").setType("auth").setBody(token).build();
  }

  @Test
  void namespaceIsNotJoinedWithARevokedToken() throws Exception {
    start(Map.of("socketio.namespaces", "/,/chat"));
    revoke(Revocation.ofToken("t2"));
    try (var client =
        (SocketIoTestClient) TokenTransport.SOCKETIO.connect(gateway, token("alice", "t1"))) {
      client.sendPacket("40/chat," + new JsonObject().put("token", token("alice", "t2")).encode());
      assertThat(client.readPacket()).startsWith("44/chat,").contains("4401");
      echo(client);
    }
  }

  @Test
  void pollOfASessionThatHasEndedIsRefused() {
    start(Map.of());
    String target = "/socket.io/?EIO=4&transport=polling";
    String opened = RawHttp.get(gateway.httpPort(), target).response().body();
    target += "&sid=" + new JsonObject(opened.substring(1)).getString("sid");
    String auth = new JsonObject().put("token", token("alice", "t1")).encode();
    RawHttp.post(gateway.httpPort(), target, "40" + auth).response();
    assertThat(RawHttp.get(gateway.httpPort(), target).response().body()).startsWith("40");
    RawHttp poll = RawHttp.get(gateway.httpPort(), target);
    revoke(Revocation.ofToken("t1"));
    assertThat(poll.response().body()).contains("closing").contains("4401");
    RawHttp.Response last = RawHttp.get(gateway.httpPort(), target).response();
    // The end of the transport, for clients that poll again.
    assertThat(last.status() == 400 || last.body().endsWith("1")).as("%s", last).isTrue();
    assertThat(RawHttp.get(gateway.httpPort(), target).response().status()).isEqualTo(400);
    assertThat(RawHttp.post(gateway.httpPort(), target, "42[\"x\"]").response().status())
        .isEqualTo(400);
  }

  @Test
  void blockedNetworkIsRefusedBeforeItsClientsStateWhoTheyAre() {
    startWithHook("hook", Map.of());
    revoke(entry(Kind.NETWORK));
    try (var socket = RawWebSocket.connect(gateway.httpPort(), "/ws?token=alice")) {
      assertThat(socket.status()).contains(" 403 ");
      assertThat(new JsonObject(socket.readBody()).getLong("retryAfterMs")).isPositive();
    }
    String polling = "/socket.io/?EIO=4&transport=polling";
    assertThat(RawHttp.get(gateway.httpPort(), polling).response().status()).isEqualTo(403);
    try (var enet = EnetTestClient.connect(gateway.enetPort())) {
      assertThat(enet.closeCode()).isEqualTo(BLOCKED);
    }
    try (var tcp = TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))) {
      String closing = new String(tcp.socket().readAll(), StandardCharsets.UTF_8);
      assertThat(closing).contains("\"code\":4403").contains("\"retryAfterMs\":");
    }
    assertThat(questions).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void clientMayReturnWhenTheBlockIsRemoved(TokenTransport transport) throws Exception {
    start(Map.of());
    Revocation entry = revoke(entry(Kind.USER));
    assertThat(transport.refusal(gateway, token("alice", "t1"))).isEqualTo(BLOCKED);
    TestGateway.await(clients.unrevoke(entry.id()));
    try (TestClient client = transport.connect(gateway, token("alice", "t1"))) {
      echo(client);
    }
  }

  @Test
  void manyEntriesAtOnceEndTheirSessionsAndNoOthers() throws Exception {
    start(Map.of("session.perUser.max", "0"));
    try (TestClient other = TokenTransport.TCP.connect(gateway, token("alice", "other"))) {
      TestClient[] all = new TestClient[20];
      for (int i = 0; i < all.length; i++) {
        all[i] = TokenTransport.TCP.connect(gateway, token("alice", "many" + i));
      }
      for (int i = 0; i < all.length; i++) {
        clients.revoke(Revocation.ofToken("many" + i));
      }
      for (TestClient client : all) {
        assertThat(client.closeCode()).isEqualTo(REVOKED);
        client.close();
      }
      echo(other);
    }
  }
}
