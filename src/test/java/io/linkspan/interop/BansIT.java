package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.linkspan.testing.TokenTransport.Ports;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bans a user at one of two gateways, in processes of their own. */
class BansIT {

  private static final int RATE_LIMITED = 4429;

  private static ClusterProcess cluster;

  /** Prints the output of all nodes after a failure. */
  @RegisterExtension
  static final AfterTestExecutionCallback OUTPUT_OF_FAILURES =
      test -> test.getExecutionException().ifPresent(failure -> cluster.print(System.out));

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("bans.mode", "on");
    settings.put("bans.exempt", "");
    settings.put("bans.window", "24h");
    settings.put("bans.max", "24h");
    settings.put("bans.base", "1h");
    settings.put("bans.forbidden", "3");
    Map<String, String> environment = new TreeMap<>();
    settings.forEach(
        (key, value) ->
            environment.put("LINKSPAN_" + key.replace('.', '_').toUpperCase(Locale.ROOT), value));
    cluster = new ClusterProcess(2, 0, environment);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static TestClient connect(TokenTransport transport, int node) {
    TestClient client = open(transport, node);
    transport.awaitJoin(client);
    return client;
  }

  private static TestClient open(TokenTransport transport, int node) {
    return transport.open(Ports.of(cluster.node(node)), TestTokens.of("mallory", 600), null);
  }

  private static String webSocketStatus(int node) {
    String target = "/ws?token=" + TestTokens.of("mallory", 600);
    try (var socket = RawWebSocket.connect(cluster.node(node).httpPort(), target)) {
      return socket.status();
    }
  }

  private static JsonObject ban(int node) {
    var list = cluster.get(node, "/v1/revocations").getJsonArray("revocations");
    return list.isEmpty() ? null : list.getJsonObject(0);
  }

  @Test
  void userWhoIsBannedAtOneNodeIsRefusedAtTheOtherUntilTheBanIsLifted() {
    try (TestClient elsewhere = connect(TokenTransport.TCP, 1);
        TestClient client = connect(TokenTransport.WEBSOCKET, 0)) {
      for (int i = 0; i <= 3; i++) {
        client.send(
            Message.newBuilder().setEventId("e" + i).setTo("user:bob").setType("x").build());
      }
      assertThat(client.closeCode()).isEqualTo(RATE_LIMITED);
      assertThat(elsewhere.closeCode()).isEqualTo(RATE_LIMITED);
    }
    assertThat(webSocketStatus(1)).contains("429");
    for (TokenTransport transport :
        new TokenTransport[] {TokenTransport.TCP, TokenTransport.ENET}) {
      try (TestClient refused = open(transport, 1)) {
        assertThat(refused.closeCode()).isEqualTo(RATE_LIMITED);
      }
    }
    JsonObject entry = ban(1);
    assertThat(entry.getString("kind")).isEqualTo("user");
    assertThat(entry.getString("value")).isEqualTo("mallory");
    assertThat(entry.getString("source")).isEqualTo("ban");
    assertThat(entry.getString("reason")).isEqualTo("forbidden messages, level 1");
    String path = "/v1/revocations/" + entry.getString("id");
    assertThat(cluster.call(1, "DELETE", path, null).status()).isEqualTo(204);
    for (int node = 0; node < 2; node++) {
      int lifted = node;
      Awaitility.await().until(() -> webSocketStatus(lifted).contains("101"));
    }
  }
}
