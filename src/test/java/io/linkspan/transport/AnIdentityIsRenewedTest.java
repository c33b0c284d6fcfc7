package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the end of an identity and its renewal while a client is connected. */
class AnIdentityIsRenewedTest {

  private static final int UNAUTHENTICATED = 4401;
  private static final long LONG = 600;

  private TestGateway gateway;

  private void start(String notice) {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("auth.notice", notice);
    settings.put("eventLoops", "1");
    // The client of ENet sends nothing while the test waits for others.
    settings.put("enet.timeout.minimum", "50s");
    settings.put("enet.timeout.maximum", "60s");
    gateway = TestGateway.start(settings);
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static Message auth(String eventId, String token) {
    return Message.newBuilder().setEventId(eventId).setType("auth").setBody(token).build();
  }

  private static void renew(TestClient client, String token) {
    client.send(auth("renewal", token));
    assertThat(client.receiveAck()).isEqualTo("renewal");
  }

  private static void echo(TestClient client) {
    // A user's eventIds are those of all its sessions.
    String eventId = UUID.randomUUID().toString();
    client.send(
        Message.newBuilder().setEventId(eventId).setTo("service:echo").setBody("x").build());
    if (client instanceof SocketIoTestClient) {
      // The answer is the acknowledgement.
      assertThat(client.receiveAck()).isNotEmpty();
      return;
    }
    List<String> received = new ArrayList<>();
    while (received.size() < 2) {
      received.add(client.receive() instanceof Message message ? message.getReplyTo() : "ack");
    }
    assertThat(received).containsExactlyInAnyOrder("ack", eventId);
  }

  /** Takes as long as the shortest time that a token can state and be verified in. */
  @Test
  void linkEndsWithTheIdentityUnlessItIsRenewed() throws Exception {
    start("0s");
    Map<TokenTransport, TestClient> renewed = new TreeMap<>();
    Map<TokenTransport, TestClient> others = new TreeMap<>();
    for (TokenTransport transport : TokenTransport.values()) {
      renewed.put(transport, transport.connect(gateway, TestTokens.of("alice", LONG)));
      others.put(transport, transport.connect(gateway, TestTokens.of("bob", LONG)));
    }
    renewed.forEach(
        (transport, client) -> {
          client.send(auth("short", TestTokens.of("alice", 2)));
          client.send(auth("long", TestTokens.of("alice", LONG)));
          assertThat(client.receiveAck()).isEqualTo("short");
          assertThat(client.receiveAck()).isEqualTo("long");
        });
    for (TestClient client : others.values()) {
      renew(client, TestTokens.of("bob", 3));
    }
    for (Map.Entry<TokenTransport, TestClient> other : others.entrySet()) {
      assertThat(other.getValue().closeCode()).as(other.getKey().name()).isEqualTo(UNAUTHENTICATED);
      other.getValue().close();
    }
    for (TestClient client : renewed.values()) {
      echo(client);
      client.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void clientIsNotifiedBeforeTheEnd(TokenTransport transport) throws Exception {
    start("1h");
    try (TestClient client = transport.connect(gateway, TestTokens.of("alice", LONG))) {
      Message notice = client.receiveMessage();
      assertThat(notice.getType()).isEqualTo("auth");
      JsonObject body = new JsonObject(notice.getBody());
      assertThat(body.getLong("expiresAfterMs")).isBetween(1L, LONG * 1_000);
      assertThat(body.getInstant("expiresAt")).isNotNull();
    }
  }

  @Test
  void binaryClientThatDidNotAskIsNotNotifiedAndOneWithJsonIs() throws Exception {
    start("1h");
    String query = "token=" + TestTokens.of("alice", LONG);
    try (TestClient binary = WebSocketTestClient.connect(gateway.httpPort(), query);
        RawWebSocket json =
            RawWebSocket.connect(
                gateway.httpPort(), "/ws?" + query, "Sec-WebSocket-Protocol: linkspan.json")) {
      assertThat(json.readData().text()).contains("\"type\":\"auth\"");
      echo(binary);
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyAValidTokenOfTheSameUserRenews(TokenTransport transport) throws Exception {
    start("0s");
    try (TestClient client = transport.connect(gateway, TestTokens.of("alice", LONG))) {
      client.send(auth("1", TestTokens.of("bob", LONG)));
      assertThat(client.receiveError().getString("code")).isEqualTo("forbidden");
      client.send(auth("2", TestTokens.of("alice", -1)));
      assertThat(client.receiveError().getString("code")).isEqualTo("unauthenticated");
      echo(client);
    }
  }

  @Test
  void numberOfRenewalsIsBounded() throws Exception {
    start("0s");
    try (TestClient client =
        TokenTransport.WEBSOCKET.connect(gateway, TestTokens.of("alice", LONG))) {
      for (int i = 0; i < 50; i++) {
        client.send(auth("" + i, TestTokens.of("alice", LONG)));
      }
      boolean limited = false;
      for (int i = 0; i < 50; i++) {
        limited |=
            client.receive() instanceof Message error && error.getBody().contains("rate-limited");
      }
      assertThat(limited).isTrue();
    }
  }
}
