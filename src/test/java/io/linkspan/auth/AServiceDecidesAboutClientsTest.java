package io.linkspan.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AServiceDecidesAboutClientsTest {

  private static final String SECRET = "of the signature";

  private final BlockingQueue<JsonObject> questions = new LinkedBlockingQueue<>();
  private TestGateway gateway;
  private HttpService service;

  @AfterEach
  void stop() {
    gateway.close();
    if (service != null) {
      service.close();
    }
  }

  private void start(Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("auth.mode", "hook");
    settings.putAll(more);
    gateway = TestGateway.start(settings);
  }

  /** Starts a gateway whose hook is on the bus: a token is the name of the user. */
  private void startWithBus(Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(more);
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
                  String token = question.getString("token", "");
                  if (token.equals("refused")) {
                    asked.fail(403, "not today");
                  } else if (!token.equals("silent")) {
                    asked.reply(
                        new JsonObject()
                            .put("user", question.getString("user", token))
                            .put("groups", new JsonArray().add("staff")));
                  }
                })
            .completion());
  }

  private List<SessionInfo> sessions(SessionQuery query) {
    return TestGateway.await(GatewayClient.create(gateway.vertx()).sessions(query)).sessions();
  }

  @ParameterizedTest
  @EnumSource
  void clientIsWhoTheServiceSaysAndInItsGroups(TokenTransport transport) throws Exception {
    startWithBus(Map.of());
    try (TestClient client = transport.connect(gateway, "alice")) {
      assertThat(sessions(SessionQuery.ALL))
          .allMatch(session -> session.user().equals("alice"))
          .allMatch(session -> session.groups().contains("staff"))
          .hasSize(1);
      JsonObject question = questions.take();
      assertThat(question.getString("transport")).isEqualToIgnoringCase(transport.name());
      assertThat(question.getString("remote")).startsWith("127.0.0.1:");
      client.leave();
    }
  }

  @Test
  void refusalAndSilenceReachTheClient() throws Exception {
    startWithBus(Map.of("auth.hook.timeout", "300ms"));
    String path = "/ws?token=";
    try (RawWebSocket refused = RawWebSocket.connect(gateway.httpPort(), path + "refused");
        RawWebSocket silent = RawWebSocket.connect(gateway.httpPort(), path + "silent")) {
      assertThat(refused.status()).contains("403");
      assertThat(silent.status()).contains("503");
      assertThat(silent.responseHead()).containsIgnoringCase("retry-after");
    }
    assertThat(sessions(SessionQuery.ALL)).isEmpty();
  }

  @Test
  void anUpgradeDoesNotWaitForTheServiceForLongerThanItMay() throws Exception {
    startWithBus(Map.of("auth.hook.timeout", "1h", "limits.pending.timeout", "2s"));
    try (RawWebSocket silent = RawWebSocket.connect(gateway.httpPort(), "/ws?token=silent")) {
      assertThat(silent.status()).contains("503");
    }
    assertThat(sessions(SessionQuery.ALL)).isEmpty();
  }

  @Test
  void chosenHeadersReachTheServiceAndCountAsCredentials() throws Exception {
    startWithBus(Map.of("auth.hook.headers", "X-Api-Key"));
    try (RawWebSocket socket =
        RawWebSocket.connect(
            gateway.httpPort(), "/ws?user=carol", "X-Api-Key: 17", "X-Other: 18")) {
      assertThat(socket.status()).contains("101");
      assertThat(questions.take().getJsonObject("headers"))
          .isEqualTo(new JsonObject().put("X-Api-Key", "17"));
    }
    try (RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), "/ws?user=carol")) {
      assertThat(socket.readUntilClosed()).isEqualTo(4401);
    }
  }

  @Test
  void stormDoesNotReachTheService() throws Exception {
    startWithBus(Map.of("auth.hook.rate", "1/s", "auth.hook.cache", "1h"));
    TokenTransport.TCP.connect(gateway, "alice").close();
    assertThat(questions.take().getString("token")).isEqualTo("alice");
    try (RawWebSocket other = RawWebSocket.connect(gateway.httpPort(), "/ws?token=bob")) {
      assertThat(other.status()).containsAnyOf("429", "101");
    }
    TokenTransport.TCP.connect(gateway, "alice").close();
    assertThat(questions).noneMatch(question -> question.getString("token").equals("alice"));
  }

  @Test
  void tokenIsVerifiedBeforeTheServiceIsAsked() throws Exception {
    startWithBus(Map.of("auth.mode", "jwt-hook"));
    assertThat(TokenTransport.TCP.refusal(gateway, TestTokens.of("alice", -60))).isEqualTo(4401);
    assertThat(questions).isEmpty();
    TokenTransport.TCP.connect(gateway, TestTokens.of("alice", 600)).close();
    JsonObject question = questions.take();
    assertThat(question.getString("user")).isEqualTo("alice");
    assertThat(question.getJsonObject("claims").getString("aud")).isEqualTo("linkspan");
  }

  @Test
  void httpServiceReceivesASignedQuestion() throws Exception {
    service = HttpService.start(0);
    service.on(
        "/connect",
        post -> {
          boolean good = post.message().getString("body").contains("\"token\":\"good\"");
          if (good) {
            post.answer(200, "{\"user\":\"dora\",\"exp\":4000000000}");
          } else {
            post.answer(401, "{\"message\":\"who are you\"}");
          }
        });
    start(
        Map.of(
            "auth.hook.http.url",
            "http://127.0.0.1:" + service.port() + "/connect",
            "auth.hook.http.secret",
            SECRET));
    TokenTransport.TCP.connect(gateway, "good").close();
    HttpService.Post post = service.next("/connect");
    assertThat(post.message().getString("type")).isEqualTo("connect");
    assertThat(post.header("X-Linkspan-Signature-V2")).startsWith("v2=");
    assertThat(TokenTransport.TCP.refusal(gateway, "bad")).isEqualTo(4401);
  }
}
