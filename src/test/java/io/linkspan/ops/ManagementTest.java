package io.linkspan.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.linkspan.api.Message;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ManagementTest {

  private static final String KEY = "0123456789abcdef";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private TestGateway gateway =
      TestGateway.start(Map.of("session.maxPending", "1", "limits.closeTimeout", "300ms"));

  @AfterEach
  void stop() {
    gateway.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + gateway.managementPort() + path));
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(request(path).build(), BodyHandlers.ofString());
  }

  private CompletableFuture<HttpResponse<String>> post(String query, String body) {
    return HTTP.sendAsync(
        request("/v1/messages" + query)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private WebSocketTestClient connect(String query) {
    return WebSocketTestClient.connect(gateway.httpPort(), query);
  }

  @Test
  void healthIsToldInJson() throws Exception {
    for (String path : new String[] {"/health/live", "/health/ready"}) {
      HttpResponse<String> health = get(path);
      assertThat(health.statusCode()).isEqualTo(200);
      assertThat(new JsonObject(health.body()).getString("status")).isEqualTo("UP");
    }
  }

  @Test
  void aDrainingNodeIsAliveButNotReady() throws Exception {
    try (WebSocketTestClient client = connect("user=slow")) {
      client.send(Message.newBuilder().setEventId("1").setTo("slow").build());
      client.receiveMessage();
      // It has not acknowledged, so the drain waits for it.
      Future<Void> drained = gateway.drain();
      HttpResponse<String> ready = get("/health/ready");
      assertThat(ready.statusCode()).isEqualTo(503);
      assertThat(get("/health/live").statusCode()).isEqualTo(200);
      try (WebSocketTestClient late = connect("user=late")) {
        assertThat(late.socket().status()).contains(" 503 ");
        assertThat(late.socket().responseHead()).containsIgnoringCase("retry-after");
      }
      client.acknowledge("1");
      assertThat(client.closeCode()).isEqualTo(1001);
      TestGateway.await(drained);
    }
  }

  @RepeatedTest(3)
  void aNodeIsAliveUntilThePortCloses() {
    HttpClient http1 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    URI live = URI.create("http://127.0.0.1:" + gateway.managementPort() + "/health/live");
    HttpRequest request = HttpRequest.newBuilder(live).build();
    List<Integer> statuses = new ArrayList<>();
    Future<Void> drained = null;
    try {
      while (true) {
        statuses.add(http1.send(request, BodyHandlers.ofString()).statusCode());
        if (drained == null) {
          drained = gateway.drain();
        }
      }
    } catch (IOException portClosed) {
      assertThat(statuses).isNotEmpty().containsOnly(200);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    TestGateway.await(drained);
  }

  @Test
  void theNodeDescribesItself() throws Exception {
    try (WebSocketTestClient client = connect("user=a")) {
      assertThat(client.socket().status()).contains("101");
      JsonObject node = new JsonObject(get("/v1/node").body());
      assertThat(node.getJsonObject("ports").getInteger("http")).isEqualTo(gateway.httpPort());
      assertThat(node.getJsonObject("ports").getInteger("enet")).isEqualTo(gateway.enetPort());
      assertThat(node.getJsonObject("ports").containsKey("tcp")).isTrue();
      assertThat(node.getJsonObject("ports").getValue("tcp")).isNull();
      assertThat(node.getJsonObject("connections").getInteger("enet")).isZero();
      assertThat(node.getJsonObject("connections").getInteger("websocket")).isEqualTo(1);
      assertThat(node.getInteger("sessions")).isEqualTo(1);
      assertThat(node.getJsonArray("members")).containsExactly(node.getString("node"));
      assertThat(node.getString("version")).matches("\\d+\\.\\d+\\.\\d+.*");
    }
  }

  @Test
  void whatHappensIsCounted() throws Exception {
    try (WebSocketTestClient client = connect("user=a&ack=transport")) {
      client.send(Message.newBuilder().setEventId("1").setTo("service:echo").build());
      client.receiveAck();
      client.receiveMessage();
      client.sendGarbage();
      client.receiveError();
      client.leave();
    }
    await()
        .untilAsserted(
            () ->
                assertThat(get("/metrics").body())
                    .contains(
                        "linkspan_messages_total{direction=\"in\",transport=\"websocket\"} 1.0",
                        "linkspan_messages_total{direction=\"out\",transport=\"websocket\"} 1.0",
                        "linkspan_acks_total{direction=\"out\"} 1.0",
                        "linkspan_errors_total{code=\"malformed\"} 1.0",
                        "linkspan_heartbeat_timeouts_total{transport=\"websocket\"} 0.0",
                        "linkspan_pending ",
                        "linkspan_sessions ",
                        "linkspan_connections{transport=\"websocket\"}",
                        "jvm_memory_used_bytes",
                        "linkspan_event_loop_tasks{loop=\"0\"}",
                        "linkspan_closes_total{reason=\"normal\",transport=\"websocket\"} 1.0"));
  }

  @Test
  void aMessageIsPostedToAClient() throws Exception {
    try (WebSocketTestClient client = connect("user=a")) {
      HttpResponse<String> accepted = post("", "{\"to\":\"a\",\"body\":\"hi\"}").get();
      assertThat(accepted.statusCode()).isEqualTo(202);
      Message received = client.receiveMessage();
      assertThat(received.getBody()).isEqualTo("hi");
      assertThat(received.getFrom()).isEqualTo("service:http");
      assertThat(new JsonObject(accepted.body()))
          .isEqualTo(new JsonObject().put("eventId", received.getEventId()));
      // The one place in the outbox is taken.
      HttpResponse<String> full = post("?wait=accepted", "{\"to\":\"a\"}").get();
      assertThat(full.statusCode()).isEqualTo(507);
      assertThat(new JsonObject(full.body()).getString("code")).isEqualTo("queue-full");
      client.acknowledge(received.getEventId());
      var waiting = post("?wait=acknowledged", "{\"eventId\":\"e\",\"from\":\"me\",\"to\":\"a\"}");
      assertThat(client.receiveMessage().getFrom()).isEqualTo("me");
      assertThat(waiting.isDone()).isFalse();
      client.acknowledge("e");
      JsonObject answer = new JsonObject(waiting.get().body());
      assertThat(answer.getString("eventId")).isEqualTo("e");
      assertThat(answer.getBoolean("acknowledged")).isTrue();
      assertThat(answer.getString("by")).isEqualTo("client");
      var late = post("?wait=acknowledged&timeout=50ms", "{\"to\":\"a\"}").get();
      assertThat(late.statusCode()).isEqualTo(408);
    }
  }

  @Test
  void aMessageThatCannotBePostedIsRejectedWithAReason() throws Exception {
    assertRefused(post("", "{\"to\":\"nobody\"}"), 404, "no-such-recipient");
    assertRefused(post("?wait=acknowledged", "{\"to\":\"nobody\"}"), 404, "no-such-recipient");
    assertRefused(post("", "{"), 400, "malformed");
    assertRefused(post("", ""), 400, "malformed");
    assertRefused(post("", "{\"unknown\":1}"), 400, "malformed");
    assertRefused(post("", "{\"to\":\"service:echo\"}"), 400, "malformed");
    assertRefused(post("?wait=forever", "{}"), 400, "malformed");
    assertRefused(post("?timeout=1x", "{}"), 400, "malformed");
    assertRefused(post("", "x".repeat(3 << 20)), 413, "too-large");
  }

  private HttpResponse<String> call(String method, String path)
      throws IOException, InterruptedException {
    return HTTP.send(
        request(path).method(method, HttpRequest.BodyPublishers.noBody()).build(),
        BodyHandlers.ofString());
  }

  private String sessionOf(String user) throws IOException, InterruptedException {
    return new JsonObject(get("/v1/sessions?user=" + user).body())
        .getJsonArray("sessions")
        .getJsonObject(0)
        .getString("session");
  }

  @Test
  void sessionsAreListedFilteredAndInPages() throws Exception {
    try (WebSocketTestClient first = connect("user=a");
        WebSocketTestClient second = connect("user=a");
        WebSocketTestClient other = connect("user=b")) {
      for (WebSocketTestClient client : List.of(first, second, other)) {
        assertThat(client.socket().status()).contains("101");
      }
      JsonObject page = new JsonObject(get("/v1/sessions?user=a&limit=1").body());
      JsonObject one = page.getJsonArray("sessions").getJsonObject(0);
      assertThat(page.getJsonArray("sessions")).hasSize(1);
      assertThat(one.getString("user")).isEqualTo("a");
      assertThat(one.getString("transport")).isEqualTo("websocket");
      assertThat(page.getString("next")).isEqualTo(one.getString("session"));
      JsonObject last =
          new JsonObject(
              get("/v1/sessions?user=a&limit=1&cursor=" + page.getString("next")).body());
      assertThat(last.getJsonArray("sessions")).hasSize(1);
      assertThat(last.getJsonArray("sessions").getJsonObject(0).getString("session"))
          .isGreaterThan(one.getString("session"));
      assertThat(last.containsKey("next")).isTrue();
      assertThat(last.getString("next")).isNull();
      assertThat(new JsonObject(get("/v1/sessions").body()).getJsonArray("sessions")).hasSize(3);
      assertThat(new JsonObject(get("/v1/sessions?transport=enet").body()).getJsonArray("sessions"))
          .isEmpty();
      String id = one.getString("session");
      JsonArray found =
          new JsonObject(get("/v1/sessions?session=" + id).body()).getJsonArray("sessions");
      assertThat(found).hasSize(1);
      assertThat(found.getJsonObject(0).getString("session")).isEqualTo(id);
      assertThat(
              new JsonObject(get("/v1/sessions?address=127.0.0.1").body()).getJsonArray("sessions"))
          .hasSize(3);
      for (String address : List.of("127.0.0.10", "127.0.0", "127.0.0.1:")) {
        assertThat(
                new JsonObject(get("/v1/sessions?address=" + address).body())
                    .getJsonArray("sessions"))
            .as(address)
            .isEmpty();
      }
    }
  }

  @Test
  void groupsAreListedInPagesWithTheirMembers() throws Exception {
    try (WebSocketTestClient first = connect("user=a");
        WebSocketTestClient second = connect("user=b")) {
      assertThat(first.socket().status()).contains("101");
      assertThat(second.socket().status()).contains("101");
      for (String group : List.of("red", "blue", "green", "room/1")) {
        call("PUT", "/v1/groups/" + group.replace("/", "%2F") + "/members/" + sessionOf("a"));
      }
      call("PUT", "/v1/groups/green/members/" + sessionOf("b"));
      JsonObject page = new JsonObject(get("/v1/groups?limit=2").body());
      assertThat(page.encode())
          .isEqualTo(
              "{\"groups\":[{\"group\":\"blue\",\"members\":1},{\"group\":\"green\",\"members\":2}],"
                  + "\"next\":\"green\"}");
      assertThat(get("/v1/groups?limit=2&cursor=green").body())
          .isEqualTo(
              "{\"groups\":[{\"group\":\"red\",\"members\":1},{\"group\":\"room/1\",\"members\":1}],"
                  + "\"next\":null}");
      assertThat(new JsonObject(get("/v1/groups?prefix=r").body()).getJsonArray("groups"))
          .hasSize(2);
    }
  }

  @Test
  void usersOfAGroupAreListedInPagesWithTheirSessions() throws Exception {
    try (WebSocketTestClient first = connect("user=a");
        WebSocketTestClient second = connect("user=b");
        WebSocketTestClient third = connect("user=b")) {
      for (WebSocketTestClient client : List.of(first, second, third)) {
        client.send(
            Message.newBuilder().setEventId("1").setType("join_group").setBody("hall/1").build());
        assertThat(client.receiveAck()).isEqualTo("1");
      }
      String presence = "/v1/groups/hall%2F1/presence";
      assertThat(get(presence + "?limit=1").body())
          .isEqualTo(
              "{\"group\":\"hall/1\",\"users\":[{\"user\":\"a\",\"sessions\":1}],\"next\":\"a\"}");
      assertThat(get(presence + "?limit=1&cursor=a").body())
          .isEqualTo(
              "{\"group\":\"hall/1\",\"users\":[{\"user\":\"b\",\"sessions\":2}],\"next\":null}");
      assertThat(get("/v1/groups/none/presence").body())
          .isEqualTo("{\"group\":\"none\",\"users\":[],\"next\":null}");
    }
  }

  @Test
  void groupsAreChangedAndCountedAndASessionIsKicked() throws Exception {
    try (WebSocketTestClient client = connect("user=a")) {
      String session = sessionOf("a");
      String group = "/v1/groups/red%2Fgreen%20%C3%BC";
      assertThat(new JsonObject(get(group).body()))
          .isEqualTo(new JsonObject().put("group", "red/green \u00fc").put("members", 0));
      assertThat(call("PUT", group + "/members/" + session).statusCode()).isEqualTo(204);
      assertThat(call("PUT", group + "/members/" + session).statusCode()).isEqualTo(204);
      assertThat(new JsonObject(get(group).body()).getInteger("members")).isEqualTo(1);
      assertThat(
              new JsonObject(get("/v1/sessions?group=red%2Fgreen%20%C3%BC").body())
                  .getJsonArray("sessions")
                  .getJsonObject(0)
                  .getJsonArray("groups"))
          .containsExactly("red/green \u00fc");
      assertThat(call("DELETE", group + "/members/" + session).statusCode()).isEqualTo(204);
      assertThat(call("DELETE", group + "/members/" + session).statusCode()).isEqualTo(204);
      assertThat(new JsonObject(get(group).body()).getInteger("members")).isZero();
      assertThat(call("DELETE", "/v1/sessions/" + session).statusCode()).isEqualTo(204);
      assertThat(client.closeCode()).isEqualTo(4410);
    }
  }

  @Test
  void whatIsWrongInACallIsSaid() throws Exception {
    String tooLong = "x".repeat(257);
    for (String path :
        new String[] {
          "/v1/sessions?limit=0",
          "/v1/sessions?limit=1001",
          "/v1/sessions?limit=many",
          "/v1/sessions?user=",
          "/v1/sessions?user=a&user=b",
          "/v1/sessions?usr=a",
          "/v1/sessions?cursor=garbage",
          "/v1/sessions?cursor=" + "*".repeat(16),
          "/v1/sessions?cursor=" + tooLong,
          "/v1/sessions?address=" + tooLong,
          "/v1/groups/" + tooLong,
          "/v1/groups?limit=1001",
          "/v1/groups?prefix=" + tooLong,
          "/v1/groups?user=a",
        }) {
      HttpResponse<String> answer = get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(400);
      assertThat(new JsonObject(answer.body()).getString("code")).isEqualTo("malformed");
    }
    assertThat(call("DELETE", "/v1/sessions/nobody").statusCode()).isEqualTo(404);
    assertThat(call("PUT", "/v1/groups/g/members/nobody").statusCode()).isEqualTo(404);
    assertThat(call("DELETE", "/v1/groups/g/members/nobody").statusCode()).isEqualTo(404);
    assertThat(call("PUT", "/v1/groups/" + tooLong + "/members/nobody").statusCode())
        .isEqualTo(400);
  }

  private static void assertRefused(
      CompletableFuture<HttpResponse<String>> request, int status, String code) throws Exception {
    HttpResponse<String> response = request.get();
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(new JsonObject(response.body()).getString("code")).isEqualTo(code);
  }

  @Test
  void withAKeyTheApiAsksForItAndHealthDoesNot() throws Exception {
    gateway.close();
    gateway = TestGateway.start(Map.of("management.apiKey", KEY));
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
    assertThat(get("/metrics").statusCode()).isEqualTo(200);
    assertThat(get("/v1/node").statusCode()).isEqualTo(401);
    assertThat(
            HTTP.send(
                    request("/v1/node").header("Authorization", "Bearer wrong").build(),
                    BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(401);
    assertThat(
            HTTP.send(
                    request("/v1/node").header("Authorization", "Bearer " + KEY).build(),
                    BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void aClientThatResetsItsConnectionIsNotAFailure() throws Exception {
    var log = new ListAppender<ILoggingEvent>();
    log.start();
    var logger = (Logger) LoggerFactory.getLogger(ManagementVerticle.class);
    logger.addAppender(log);
    try {
      for (int i = 0; i < 20; i++) {
        try (RawTcp client = RawTcp.connect(gateway.managementPort())) {
          client.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
          client.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n");
          client.send("Content-Type: application/json\r\n\r\n{");
          client.readUntil("UP");
          client.reset();
        }
      }
      assertThat(get("/health/live").statusCode()).isEqualTo(200);
      assertThat(log.list).isEmpty();
    } finally {
      logger.detachAppender(log);
    }
  }
}
