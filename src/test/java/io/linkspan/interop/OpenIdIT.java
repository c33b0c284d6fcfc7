package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TokenTransport;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Takes tokens of a real OpenID provider, which is found by discovery. */
@RequiresNode
class OpenIdIT {

  private static final int UNAUTHENTICATED = 4401;
  private static final int CLIENTS_PER_TRANSPORT = 50;
  private static final int LONG = 600;

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static NodeScript issuer;
  private static String url;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    issuer = NodeScript.startIn("node-oidc", "issuer.mjs", "alice", "bob");
    url =
        issuer
            .awaitLine("the address", line -> line.startsWith("issuer "), 60_000)
            .substring("issuer ".length());
    gateway =
        TestGateway.start(
            Map.of(
                "auth.mode", "jwt",
                "auth.jwt.algorithm", "RS256",
                "auth.jwt.issuer", url,
                "auth.jwt.audience", "linkspan",
                "auth.jwt.leeway", "0s",
                "auth.jwt.interval", "1ms",
                "tcp.enabled", "true",
                "session.perUser.max", "0",
                "enet.timeout.minimum", "50s",
                "enet.timeout.maximum", "60s"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
    issuer.close();
  }

  private static String post(String path, String body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return HTTP.send(request, BodyHandlers.ofString()).body();
  }

  private static String token(String user, int seconds) throws IOException, InterruptedException {
    String secret = URLEncoder.encode("secret of " + user, StandardCharsets.UTF_8);
    String answer =
        post(
            "/token",
            "grant_type=client_credentials&resource=urn:linkspan&client_id="
                + user
                + "&client_secret="
                + secret
                + "&scope="
                + seconds);
    return new JsonObject(answer).getString("access_token");
  }

  private static Message auth(String token) {
    return Message.newBuilder().setEventId("renewal").setType("auth").setBody(token).build();
  }

  private static int connections() {
    return gateway.node().getJsonObject("connections").stream()
        .mapToInt(entry -> (Integer) entry.getValue())
        .sum();
  }

  /**
   * Two hundred clients are connected on four transports, and ENet's handshakes take their time.
   */
  @Test
  void newKeyIsUsedAndNobodyIsDisconnected() throws Exception {
    List<TestClient> clients = new ArrayList<>();
    String before = token("alice", LONG);
    for (TokenTransport transport : TokenTransport.values()) {
      for (int i = 0; i < CLIENTS_PER_TRANSPORT; i++) {
        clients.add(transport.connect(gateway, before));
      }
    }
    assertThat(connections()).isEqualTo(clients.size());
    post("/rotate", "");
    String after = token("alice", LONG);
    for (TokenTransport transport : TokenTransport.values()) {
      clients.add(transport.connect(gateway, after));
      clients.add(transport.connect(gateway, before));
    }
    assertThat(connections()).isEqualTo(clients.size());
    TestClient renewing = clients.get(0);
    renewing.send(auth(after));
    assertThat(renewing.receiveAck()).isEqualTo("renewal");
    clients.forEach(TestClient::close);
  }

  @ParameterizedTest
  @EnumSource
  void identityIsRenewedAndEnds(TokenTransport transport) throws Exception {
    try (TestClient client = transport.connect(gateway, token("alice", LONG))) {
      client.send(auth(token("bob", LONG)));
      assertThat(client.receiveError().getString("code")).isEqualTo("forbidden");
      client.send(auth(token("alice", 3)));
      assertThat(client.receiveAck()).isEqualTo("renewal");
      assertThat(client.closeCode()).isEqualTo(UNAUTHENTICATED);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void clientsOfSocketIoRenewAndEnd(int version) throws Exception {
    String genuine = token("alice", LONG);
    String forged = genuine.substring(0, genuine.length() - 4) + "AAAA";
    NodeScript.runIn(
        "node-socketio",
        "token.mjs",
        "http://127.0.0.1:" + gateway.httpPort(),
        version,
        genuine,
        token("alice", LONG),
        url,
        forged);
  }
}
