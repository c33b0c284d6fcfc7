package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests from where the HTTP transports take a token. */
class PlacesOfATokenTest {

  private static final String TOKEN = TestTokens.of("alice", 600);
  private static final int UNAUTHENTICATED = 4401;

  private TestGateway gateway;

  @BeforeEach
  void start() {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("auth.cookie", "linkspan-token");
    settings.put("socketio.namespaces", "/,/chat");
    gateway = TestGateway.start(settings);
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private RawWebSocket connect(String query, String... headers) {
    return RawWebSocket.connect(gateway.httpPort(), "/ws" + query, headers);
  }

  private List<String> users() {
    return TestGateway.await(GatewayClient.create(gateway.vertx()).sessions(SessionQuery.ALL))
        .sessions()
        .stream()
        .map(SessionInfo::user)
        .toList();
  }

  private String ownOrigin() {
    return "Origin: http://127.0.0.1:" + gateway.httpPort();
  }

  private void isAlice(String query, String... headers) throws Exception {
    try (RawWebSocket socket = connect(query, headers)) {
      assertThat(socket.status()).contains("101");
      assertThat(users()).containsExactly("alice");
      socket.sendClose(1000);
      socket.readUntilClosed();
    }
  }

  private void isNobody(String query, String... headers) throws Exception {
    try (RawWebSocket socket = connect(query, headers)) {
      assertThat(socket.readUntilClosed()).isEqualTo(UNAUTHENTICATED);
    }
  }

  @Test
  void headerAndQuery() throws Exception {
    isAlice("", "Authorization: Bearer " + TOKEN);
    isAlice("?token=" + TOKEN);
    isNobody("");
    isNobody("?user=alice");
    isNobody("", "Authorization: Basic " + TOKEN);
  }

  @Test
  void subprotocolIsAnsweredWithOneThatWasOffered() throws Exception {
    try (RawWebSocket socket = connect("", "Sec-WebSocket-Protocol: bearer." + TOKEN)) {
      assertThat(socket.responseHead()).containsIgnoringCase("protocol: bearer." + TOKEN);
    }
    for (String spoken : List.of("linkspan", "linkspan.json")) {
      String offer = "Sec-WebSocket-Protocol: bearer." + TOKEN + ", " + spoken;
      try (RawWebSocket socket = connect("", offer)) {
        assertThat(socket.responseHead())
            .containsIgnoringCase("protocol: " + spoken + "\r\n")
            .doesNotContain(TOKEN);
      }
    }
    isNobody("", "Sec-WebSocket-Protocol: bearer.x.y.z");
  }

  @Test
  void cookieCountsOnlyForAPageOfAnAllowedOrigin() throws Exception {
    String cookie = "Cookie: other=1; linkspan-token=" + TOKEN;
    isAlice("", cookie, ownOrigin());
    isAlice("", cookie, "Sec-Fetch-Site: same-origin");
    isNobody("", cookie);
    isNobody("", cookie, "Sec-Fetch-Site: cross-site");
    try (RawWebSocket socket = connect("", cookie, "Origin: https://evil.example")) {
      assertThat(socket.status()).contains("403");
    }
  }

  @Test
  void socketIoTakesItFromTheHandshakeToo() throws Exception {
    try (SocketIoTestClient client =
        SocketIoTestClient.connect(gateway.httpPort(), "token=" + TOKEN)) {
      assertThat(users()).containsExactly("alice");
      client.leave();
    }
    String open =
        RawHttp.get(
                gateway.httpPort(),
                "/socket.io/?EIO=3&transport=polling",
                "Authorization: Bearer " + TOKEN)
            .response()
            .body();
    String sid = open.replaceAll("(?s).*\"sid\":\"([^\"]+)\".*", "$1");
    String poll = "/socket.io/?EIO=3&transport=polling&sid=" + sid;
    assertThat(RawHttp.get(gateway.httpPort(), poll).response().body()).contains("40");
    assertThat(users()).containsExactly("alice");
  }

  @Test
  void anotherUserIsRefusedInASecondNamespace() throws Exception {
    try (SocketIoTestClient client =
        SocketIoTestClient.connect(gateway.httpPort(), "token=" + TOKEN)) {
      JsonObject bob = new JsonObject().put("token", TestTokens.of("bob", 600));
      client.sendPacket("40/chat," + bob.encode());
      assertThat(client.readPacket()).startsWith("44/chat,").contains("4401");
      JsonObject alice = new JsonObject().put("token", TestTokens.of("alice", 600));
      client.sendPacket("40/chat," + alice.encode());
      assertThat(client.readPacket()).startsWith("40/chat,");
      client.sendPacket("41/chat,");
      client.sendPacket("40/chat,");
      assertThat(client.readPacket()).startsWith("40/chat,");
      assertThat(users()).containsExactly("alice");
    }
  }
}
