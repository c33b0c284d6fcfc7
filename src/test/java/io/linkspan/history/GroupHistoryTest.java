package io.linkspan.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.AckMessage;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.HistoryPage;
import io.linkspan.api.Message;
import io.linkspan.log.LogPosition;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories of groups of a gateway that runs alone, as clients and services see them. */
class GroupHistoryTest {

  private static final Map<String, String> ON = Map.of("history.for", "1h");

  private static Message kept(String eventId, String... headers) {
    Message.Builder message =
        Message.newBuilder()
            .setEventId(eventId)
            .setTo("group:room")
            .setFrom("service:chat")
            .setType("chat")
            .putHeaders("history", "600");
    for (int i = 0; i < headers.length; i += 2) {
      message.putHeaders(headers[i], headers[i + 1]);
    }
    return message.build();
  }

  private static void post(TestGateway gateway, String... eventIds) {
    var client = GatewayClient.create(gateway.vertx());
    for (String eventId : eventIds) {
      TestGateway.await(client.post(kept(eventId)));
    }
  }

  private static Message joinRequest(String since) {
    Message.Builder join =
        Message.newBuilder().setEventId("join").setType("join_group").setBody("room");
    return since == null ? join.build() : join.putHeaders("since", since).build();
  }

  /** Joins without a part of the history. */
  private static void join(WebSocketTestClient client) {
    client.send(joinRequest(null));
    assertThat(((AckMessage) client.receive()).getEventId()).isEqualTo("join");
  }

  /** Joins, and returns the answer. */
  private static Message join(WebSocketTestClient client, String since) {
    client.send(joinRequest(since));
    Message answer = next(client);
    assertThat(answer.getReplyTo()).isEqualTo("join");
    client.acknowledge(answer.getEventId());
    return answer;
  }

  private static Message next(WebSocketTestClient client) {
    Object received = client.receive();
    while (received instanceof AckMessage) {
      received = client.receive();
    }
    return (Message) received;
  }

  private static Message next(WebSocketTestClient client, String eventId) {
    Message message = next(client);
    assertThat(message.getEventId()).isEqualTo(eventId);
    client.acknowledge(eventId);
    return message;
  }

  private static String position(Message message) {
    return message.getHeadersOrThrow("position");
  }

  @Test
  void aClientThatJoinsAgainWithItsLastPositionGetsWhatItMissedAndThenWhatFollows() {
    try (var gateway = TestGateway.start(ON)) {
      String last;
      try (var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
        join(alice);
        post(gateway, "m0", "m1");
        Message first = next(alice, "m0");
        assertThat(first.getHeadersMap()).containsOnlyKeys("position");
        last = position(first);
        next(alice, "m1");
      }
      post(gateway, "m2", "m3");
      try (var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
        Message answer = join(alice, last);
        assertThat(answer.getHeadersMap()).isEqualTo(Map.of("recovered", "true", "position", last));
        assertThat(answer.getFrom()).isEqualTo("group:room");
        next(alice, "m1");
        next(alice, "m2");
        next(alice, "m3");
        post(gateway, "m4");
        next(alice, "m4");
      }
    }
  }

  @Test
  void aClientGetsTheLatestOrThoseSinceATime() {
    try (var gateway = TestGateway.start(ON);
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      post(gateway, "m0", "m1", "m2");
      assertThat(join(alice, "2").getHeadersMap()).containsEntry("recovered", "true");
      next(alice, "m1");
      next(alice, "m2");
      // Without an older Message it is not known whether something is missing.
      assertThat(join(alice, Instant.EPOCH.toString()).getHeadersMap())
          .containsEntry("recovered", "false");
      next(alice, "m0");
      next(alice, "m1");
      next(alice, "m2");
      Message later = join(alice, Instant.now().plusSeconds(60).toString());
      assertThat(later.getHeadersMap()).containsEntry("recovered", "true");
      assertThat(join(alice, "0").getHeadersMap())
          .isEqualTo(Map.of("recovered", "true", "position", position(later)));
    }
  }

  @Test
  void aPositionThatTheLogDoesNotHaveIsStated() {
    try (var gateway = TestGateway.start(Map.of("history.for", "1h", "history.max", "2"));
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      Message none = join(alice, "5:1");
      assertThat(none.getHeadersMap()).isEqualTo(Map.of("recovered", "false", "position", "0:0"));
      post(gateway, "m0", "m1");
      String first = position(next(alice, "m0"));
      next(alice, "m1");
      post(gateway, "m2", "m3");
      next(alice, "m2");
      String last = position(next(alice, "m3"));

      Message answer = join(alice, first);
      assertThat(answer.getHeadersMap()).isEqualTo(Map.of("recovered", "false", "position", last));
      LogPosition other = new LogPosition(LogPosition.parse(last).epoch() + 1, 1);
      assertThat(join(alice, other.toString()).getHeadersMap())
          .isEqualTo(Map.of("recovered", "false", "position", last));
      post(gateway, "m4");
      next(alice, "m4");
    }
  }

  @Test
  void aRouteKeepsMessagesOfClientsWhichDoNotGetTheirOwn(@TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            history: {for: 1h}
            routes:
              - {to: "group:room", history: 10m}
              - {to: "group:*"}
            """);
    try (var gateway = TestGateway.start(file, Map.of());
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
        var bob = WebSocketTestClient.connect(gateway.httpPort(), "user=bob")) {
      join(alice);
      alice.send(Message.newBuilder().setEventId("a").setTo("group:room").setType("chat").build());
      assertThat(((AckMessage) alice.receive()).getEventId()).isEqualTo("a");
      assertThat(join(bob, "10").getHeadersMap()).containsEntry("recovered", "true");
      assertThat(next(bob, "a").getHeadersMap()).containsOnlyKeys("position");
      assertThat(join(alice, "10").getHeadersMap()).containsEntry("recovered", "true");
      post(gateway, "m");
      next(alice, "m");
    }
  }

  @Test
  void whatIsNotKeptHasNoPosition() {
    try (var gateway = TestGateway.start(ON);
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      join(alice);
      var client = GatewayClient.create(gateway.vertx());
      TestGateway.await(client.post(kept("v", "volatile", "true", "position", "1:1")));
      assertThat(next(alice).getHeadersMap()).doesNotContainKey("position");
      TestGateway.await(client.post(kept("o", "history", "0", "position", "1:1")));
      assertThat(next(alice, "o").getHeadersMap()).doesNotContainKey("position");
      assertThat(join(alice, "10").getHeadersMap()).containsEntry("position", "0:0");
    }
  }

  @Test
  void withoutTheConfigurationNothingIsKept() {
    try (var gateway = TestGateway.start(Map.of());
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      post(gateway, "m0");
      assertThat(join(alice, "10").getHeadersMap())
          .isEqualTo(Map.of("recovered", "false", "position", "0:0"));
      post(gateway, "m1");
      next(alice, "m1");
    }
  }

  @Test
  void aMessageThatIsLargerThanAHistoryIsRefused() {
    try (var gateway = TestGateway.start(Map.of("history.for", "1h", "history.maxBytes", "100"))) {
      var client = GatewayClient.create(gateway.vertx());
      Message large = kept("l").toBuilder().setBody("x".repeat(200)).build();
      assertThatThrownBy(() -> TestGateway.await(client.post(large)))
          .hasMessageContaining("history of a group has 100 bytes");
      TestGateway.await(client.post(kept("s")));
    }
  }

  @Test
  void servicesAndOperatorsReadTheHistoryPageByPage() throws Exception {
    try (var gateway = TestGateway.start(ON)) {
      post(gateway, "m0", "m1", "m2");
      var client = GatewayClient.create(gateway.vertx());
      HistoryPage first = TestGateway.await(client.history("room", null, 2));
      assertThat(first.messages()).extracting(Message::getEventId).containsExactly("m0", "m1");
      assertThat(first.messages().get(1).getHeadersOrThrow("position")).isEqualTo(first.position());
      assertThat(first.recovered()).isTrue();
      assertThat(first.more()).isTrue();
      HistoryPage second = TestGateway.await(client.history("room", first.position(), 2));
      assertThat(second.messages()).extracting(Message::getEventId).containsExactly("m2");
      assertThat(second.more()).isFalse();
      HistoryPage none = TestGateway.await(client.history("other", "1:1", 2));
      assertThat(none).isEqualTo(new HistoryPage(List.of(), "0:0", false, false));
      assertThatThrownBy(() -> TestGateway.await(client.history("room", "soon", 2)))
          .hasMessageContaining("since must be");

      JsonObject page =
          new JsonObject(
              HttpClient.newHttpClient()
                  .send(
                      HttpRequest.newBuilder(
                              URI.create(
                                  "http://127.0.0.1:"
                                      + gateway.managementPort()
                                      + "/v1/groups/room/history?since=1"))
                          .build(),
                      HttpResponse.BodyHandlers.ofString())
                  .body());
      assertThat(page.getString("position")).isEqualTo(second.position());
      assertThat(page.getJsonArray("messages").getJsonObject(0).getString("eventId"))
          .isEqualTo("m2");
      assertThat(page.getBoolean("recovered")).isTrue();
    }
  }

  @Test
  void onlyWithPermissionAClientGetsTheHistory(@TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            history: {for: 1h}
            permissions:
              - {allow: join, group: "*"}
              - {deny: history, group: "room"}
            """);
    try (var gateway = TestGateway.start(file, Map.of());
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      post(gateway, "m0");
      alice.send(joinRequest("10"));
      Message refusal = next(alice);
      assertThat(refusal.getType()).isEqualTo("error");
      assertThat(refusal.getBody()).contains("forbidden").contains("history");
      // It is not a member.
      post(gateway, "m1");
      join(alice);
      post(gateway, "m2");
      next(alice, "m2");
    }
  }

  @Test
  void aRequestForAPartThatIsNotOneIsRefused() {
    try (var gateway = TestGateway.start(ON);
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      alice.send(joinRequest("yesterday"));
      assertThat(next(alice).getBody()).contains("malformed").contains("since must be");
      alice.send(joinRequest("1").toBuilder().setBody("[\"room\",\"other\"]").build());
      assertThat(next(alice).getBody()).contains("malformed").contains("one group only");
    }
  }
}
