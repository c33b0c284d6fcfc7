package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests that a client which does too much of what it may do a few times is refused, in the same way
 * on each transport, and nobody else is. Allowances are so slow to refill that nothing depends on
 * the time that a test takes.
 */
class MisbehavingClientsAreBannedTest {

  private static final int THRESHOLD = 5;
  private static final int UNAUTHENTICATED = 4401;
  private static final int RATE_LIMITED = 4429;

  /** Stands for a close frame without a code. */
  private static final int NO_CODE = 1005;

  private TestGateway gateway;

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void start(String offence, Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("bans.mode", "on");
    settings.put("bans.exempt", "");
    settings.put("bans.window", "24h");
    settings.put("bans.max", "24h");
    settings.put("bans.base", "1h");
    for (String kind : List.of("connects", "malformed", "forbidden", "unauthenticated")) {
      settings.put("bans." + kind, "0");
    }
    settings.put("bans." + offence, Integer.toString(THRESHOLD));
    settings.putAll(more);
    gateway = TestGateway.start(settings);
  }

  private double metric(String name) {
    return Scrape.metric(gateway.managementPort(), name);
  }

  private static String user() {
    return "mallory-" + UUID.randomUUID();
  }

  /** Connects from an address that is banned, and returns the code with which it is refused. */
  private int refusal(TokenTransport transport) {
    return switch (transport) {
      case WEBSOCKET -> httpRefusal("/ws");
      case SOCKETIO -> httpRefusal("/socket.io/?EIO=4&transport=websocket");
      case TCP, ENET -> closeCode(transport, "");
    };
  }

  /** Returns the close code that stands for a refusal with status 429, which says when to retry. */
  private int httpRefusal(String target) {
    try (RawWebSocket refused = RawWebSocket.connect(gateway.httpPort(), target)) {
      assertThat(refused.status()).contains("429");
      assertThat(refused.responseHead().toLowerCase(Locale.ROOT))
          .containsPattern("retry-after: 3[56]\\d\\d\r\n");
      return RATE_LIMITED;
    }
  }

  private int closeCode(TokenTransport transport, String token) {
    try (TestClient client = transport.open(gateway, token)) {
      return client.closeCode();
    }
  }

  /**
   * Connects as a user that is banned, and returns the code with which it is refused. A Socket.IO
   * client retries by itself if its transport closes, so that is all that it is told.
   */
  private int refusal(TokenTransport transport, String user) {
    String token = TestTokens.of(user, 600);
    return switch (transport) {
      case WEBSOCKET -> httpRefusal("/ws?token=" + token);
      case SOCKETIO -> closeCode(transport, token) == NO_CODE ? RATE_LIMITED : 0;
      case TCP, ENET -> closeCode(transport, token);
    };
  }

  private TestClient connect(TokenTransport transport, String user) {
    return transport.connect(gateway, TestTokens.of(user, 600));
  }

  @ParameterizedTest
  @EnumSource
  void addressThatFailsToAuthenticateTooOften(TokenTransport transport) {
    start("unauthenticated", Map.of());
    for (int i = 0; i <= THRESHOLD; i++) {
      assertThat(transport.refusal(gateway, TestTokens.of("alice", -60)))
          .isEqualTo(UNAUTHENTICATED);
    }
    assertThat(refusal(transport)).isEqualTo(RATE_LIMITED);
    assertThat(metric("linkspan_bans_total{mode=\"on\",offence=\"unauthenticated\"}")).isOne();
    assertThat(metric("linkspan_bans_active{client=\"address\",mode=\"on\"}")).isOne();
  }

  @ParameterizedTest
  @EnumSource
  void addressThatConnectsTooOften(TokenTransport transport) {
    start("connects", Map.of("auth.mode", "none"));
    try (TestClient neighbor = transport.connect(gateway, "alice")) {
      for (int i = 1; i < THRESHOLD; i++) {
        transport.connect(gateway, "mallory").close();
      }
      assertThat(refusal(transport)).isEqualTo(RATE_LIMITED);
      assertThat(metric("linkspan_bans_total{mode=\"on\",offence=\"connect\"}")).isOne();
      // Another client behind the same address, which was there before, stays.
      neighbor.send(Message.newBuilder().setEventId("1").setTo("service:echo").build());
      assertThat(neighbor.receive()).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void userWhoConnectsTooOften(TokenTransport transport) {
    start("connects", Map.of());
    String mallory = user();
    for (int i = 0; i < THRESHOLD; i++) {
      connect(transport, mallory).close();
    }
    assertThat(refusal(transport, mallory)).isEqualTo(RATE_LIMITED);
    // Nobody else, although all have the same address.
    for (int i = 0; i <= THRESHOLD; i++) {
      connect(transport, user()).close();
    }
    assertThat(metric("linkspan_bans_active{client=\"user\",mode=\"on\"}")).isOne();
    assertThat(metric("linkspan_bans_active{client=\"address\",mode=\"on\"}")).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void userWhoSendsMalformedFramesTooOften(TokenTransport transport) {
    start("malformed", Map.of());
    String mallory = user();
    try (TestClient client = connect(transport, mallory)) {
      for (int i = 0; i < THRESHOLD; i++) {
        client.sendGarbage();
        assertThat(client.receiveError().getString("code")).isEqualTo("malformed");
      }
      client.sendGarbage();
      assertThat(client.closeCode()).isEqualTo(RATE_LIMITED);
    }
    assertThat(refusal(transport, mallory)).isEqualTo(RATE_LIMITED);
    connect(transport, user()).close();
  }

  @ParameterizedTest
  @EnumSource
  void userWhoSendsForbiddenMessagesTooOften(TokenTransport transport) {
    start("forbidden", Map.of());
    String mallory = user();
    try (TestClient client = connect(transport, mallory)) {
      for (int i = 0; i < THRESHOLD; i++) {
        client.send(forbidden(i));
        assertThat(client.receiveError().getString("code")).isEqualTo("forbidden");
      }
      client.send(forbidden(THRESHOLD));
      assertThat(client.closeCode()).isEqualTo(RATE_LIMITED);
    }
    assertThat(refusal(transport, mallory)).isEqualTo(RATE_LIMITED);
    connect(transport, user()).close();
  }

  /** Returns one of three Messages that the default rules do not permit. */
  private static Message forbidden(int number) {
    Message.Builder message = Message.newBuilder().setEventId("forbidden" + number);
    return switch (number % 3) {
      case 0 -> message.setTo("user:bob").setType("x").build();
      case 1 -> message.setType("join_group").setBody("secret").build();
      default -> message.setTo("service:echo").setType("session").build();
    };
  }

  @ParameterizedTest
  @EnumSource
  void dryRunCountsAndRefusesNobody(TokenTransport transport) {
    start("forbidden", Map.of("bans.mode", "dry-run", "bans.unauthenticated", "1"));
    String mallory = user();
    for (int i = 0; i < 4; i++) {
      assertThat(transport.refusal(gateway, TestTokens.of("alice", -60)))
          .isEqualTo(UNAUTHENTICATED);
      connect(transport, mallory).close();
    }
    try (TestClient client = connect(transport, mallory)) {
      for (int i = 0; i < 3 * THRESHOLD; i++) {
        client.send(forbidden(i));
        assertThat(client.receiveError().getString("code")).isEqualTo("forbidden");
      }
    }
    assertThat(metric("linkspan_bans_total{mode=\"dry-run\",offence=\"unauthenticated\"}")).isOne();
    assertThat(metric("linkspan_bans_refused_total{mode=\"dry-run\"}")).isPositive();
    assertThat(metric("linkspan_offences_total{offence=\"forbidden\"}")).isEqualTo(3 * THRESHOLD);
  }

  @ParameterizedTest
  @EnumSource
  void bannedClientDoesNotReachTheHook(TokenTransport transport) {
    start("unauthenticated", Map.of("auth.mode", "hook", "auth.hook.bus", "auth"));
    var questions = new AtomicInteger();
    TestGateway.await(
        gateway
            .vertx()
            .eventBus()
            .<Message>consumer(
                "auth",
                asked -> {
                  questions.incrementAndGet();
                  asked.fail(401, "an unknown token");
                })
            .completion());
    for (int i = 0; i <= THRESHOLD; i++) {
      assertThat(transport.refusal(gateway, "wrong")).isEqualTo(UNAUTHENTICATED);
    }
    assertThat(refusal(transport)).isEqualTo(RATE_LIMITED);
    assertThat(questions).hasValue(THRESHOLD + 1);
  }

  @Test
  void closingOverTcpSaysWhenToRetry() {
    start("connects", Map.of("auth.mode", "none", "bans.connects", "1"));
    TokenTransport.TCP.connect(gateway, "alice").close();
    try (RawTcp socket = RawTcp.connect(gateway.tcpPort())) {
      JsonObject why = TcpTestClient.ofLengths(socket).closing();
      assertThat(why.getInteger("code")).isEqualTo(RATE_LIMITED);
      assertThat(why.getLong("retryAfterMs"))
          .isBetween(TimeUnit.MINUTES.toMillis(55), TimeUnit.HOURS.toMillis(1));
    }
  }

  @Test
  void bannedAddressThatHammersIsDroppedWhenItIsAccepted() {
    start("connects", Map.of("auth.mode", "none", "bans.connects", "1"));
    TokenTransport.WEBSOCKET.connect(gateway, "alice").close();
    assertThat(refusal(TokenTransport.WEBSOCKET)).isEqualTo(RATE_LIMITED);
    double before = metric("linkspan_bans_refused_total{mode=\"on\"}");
    List<RawTcp> silent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      silent.add(RawTcp.connect(gateway.httpPort()));
    }
    await().until(() -> metric("linkspan_bans_refused_total{mode=\"on\"}") > before);
    silent.forEach(RawTcp::close);
  }
}
