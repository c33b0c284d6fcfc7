package io.linkspan.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Timelines of Messages with each kind of outcome, over HTTP. */
class MessageTimelineTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static final String RULES =
      """
      routes:
        - {to: "service:silent", bus: silent}
        - {to: "service:echo", bus: echo}
        - {to: "user:*"}
      permissions:
        - {deny: send, to: "user:hidden"}
        - {allow: send, to: "*"}
      """;

  private static TestGateway gateway;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("linkspan.yaml"), RULES);
    gateway =
        TestGateway.start(
            file,
            Map.of(
                "eventLoops", "2",
                "delivery.requestTimeout", "500ms",
                "delivery.ackTimeout", "1s"));
    MessageConsumer<Object> silent = gateway.vertx().eventBus().consumer("silent", message -> {});
    TestGateway.await(silent.completion());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static TestClient connect(String query) {
    return WebSocketTestClient.connect(gateway.httpPort(), query);
  }

  private static Message message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").setBody("x").build();
  }

  private static HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.managementPort() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static List<JsonObject> steps(String eventId, String user) throws Exception {
    HttpResponse<String> answer = get("/v1/messages/" + eventId + "?user=" + user);
    assertThat(answer.statusCode()).isEqualTo(200);
    JsonArray steps = new JsonObject(answer.body()).getJsonArray("steps");
    return steps.stream().map(JsonObject.class::cast).toList();
  }

  private static List<String> names(String eventId, String user) throws Exception {
    return steps(eventId, user).stream().map(step -> step.getString("step")).toList();
  }

  private static JsonObject last(String eventId, String user) throws Exception {
    List<JsonObject> steps = steps(eventId, user);
    return steps.get(steps.size() - 1);
  }

  @Test
  void aMessageIsFollowedToTheClientThatAcknowledgesIt() throws Exception {
    try (TestClient alice = connect("user=alice1");
        TestClient bob = connect("user=bob1")) {
      alice.send(message("delivered", "bob1"));
      bob.receiveMessage();
      bob.acknowledge("delivered");
      alice.receiveAck();
      List<JsonObject> steps = steps("delivered", "alice1");
      assertThat(steps)
          .extracting(step -> step.getString("step"))
          .filteredOn(step -> !step.equals("forwarded"))
          .containsExactly("received", "routed", "written", "acknowledged", "accepted");
      assertThat(steps).isSortedAccordingTo((a, b) -> timeOf(a).compareTo(timeOf(b)));
      assertThat(steps)
          .allMatch(step -> step.getString("node").equals(gateway.node().getString("node")));
      JsonObject written = steps.get(steps.size() - 3);
      assertThat(written.getInteger("attempt")).isEqualTo(1);
      assertThat(written.getString("session")).isNotEqualTo(steps.get(0).getString("session"));
    }
  }

  private static Instant timeOf(JsonObject step) {
    return Instant.parse(step.getString("time"));
  }

  @Test
  void aMessageThatIsSentAgainIsADuplicate() throws Exception {
    try (TestClient alice = connect("user=alice2")) {
      alice.send(message("twice", "service:echo"));
      alice.receive();
      alice.receive();
      alice.send(message("twice", "service:echo"));
      alice.receive();
      assertThat(names("twice", "alice2"))
          .containsExactly("received", "routed", "accepted", "duplicate");
    }
  }

  @Test
  void aMessageWithoutARecipientIsRefusedWithTheReason() throws Exception {
    try (TestClient alice = connect("user=alice3")) {
      alice.send(message("lonely", "nobody"));
      alice.receiveError();
      JsonObject last = last("lonely", "alice3");
      assertThat(last.getString("step")).isEqualTo("refused");
      assertThat(last.getInteger("code")).isEqualTo(404);
      assertThat(last.getString("reason")).isEqualTo("user:nobody is not connected");
    }
  }

  @Test
  void aMessageThatAServiceDoesNotAnswerIsRefused() throws Exception {
    try (TestClient alice = connect("user=alice4")) {
      alice.send(message("unanswered", "service:silent"));
      alice.receiveError();
      assertThat(names("unanswered", "alice4")).containsExactly("received", "routed", "refused");
      assertThat(steps("unanswered", "alice4").get(1).getString("to")).isEqualTo("silent");
      assertThat(last("unanswered", "alice4").getInteger("code")).isEqualTo(408);
    }
  }

  @Test
  void aMessageThatIsSentAgainToItsRecipientShowsTheAttempts() throws Exception {
    try (TestClient alice = connect("user=alice5");
        TestClient bob = connect("user=bob5")) {
      alice.send(message("retried", "bob5"));
      bob.receiveMessage();
      bob.receiveMessage();
      bob.acknowledge("retried");
      alice.receiveAck();
      assertThat(steps("retried", "alice5"))
          .filteredOn(step -> step.getString("step").equals("written"))
          .extracting(step -> step.getInteger("attempt"))
          .startsWith(1, 2);
      assertThat(names("retried", "alice5")).endsWith("acknowledged", "accepted");
    }
  }

  @Test
  void aMessageWithoutPermissionIsRefused() throws Exception {
    try (TestClient alice = connect("user=alice6")) {
      alice.send(message("forbidden", "hidden"));
      alice.receiveError();
      assertThat(names("forbidden", "alice6")).containsExactly("received", "refused");
      assertThat(last("forbidden", "alice6").getInteger("code")).isEqualTo(403);
    }
  }

  @Test
  void aMessageThatBreaksARuleOfTheGatewayIsRefused() throws Exception {
    try (TestClient alice = connect("user=alice7")) {
      alice.send(message("reserved", "alice7").toBuilder().setType("error").build());
      alice.receiveError();
      assertThat(names("reserved", "alice7")).containsExactly("refused");
    }
  }

  @Test
  void aMessageForAClientThatIsAwayIsHeldUntilItResumes() throws Exception {
    try (TestClient alice = connect("user=alice8")) {
      WebSocketTestClient bob = (WebSocketTestClient) connect("user=bob8&session=");
      String token = new JsonObject(bob.receiveMessage().getBody()).getString("session");
      var disconnects = gateway.disconnects();
      bob.close();
      disconnects.take();
      alice.send(message("held", "bob8"));
      try (TestClient again = connect("user=bob8&session=" + token)) {
        again.receiveMessage();
        assertThat(again.receiveMessage().getEventId()).isEqualTo("held");
        again.acknowledge("held");
        alice.receiveAck();
      }
      assertThat(names("held", "alice8"))
          .containsSubsequence("received", "held", "written", "acknowledged", "accepted");
    }
  }

  @Test
  void aMessageOfAServiceIsFollowedToo() throws Exception {
    try (TestClient bob = connect("user=bob9")) {
      HttpResponse<String> posted =
          HTTP.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + gateway.managementPort() + "/v1/messages"))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString("{\"to\":\"bob9\",\"eventId\":\"p\"}"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(posted.statusCode()).isEqualTo(202);
      bob.receiveMessage();
      assertThat(names("p", "service:http")).contains("received", "written");
      post("{\"to\":\"nobody\",\"eventId\":\"q\"}");
      assertThat(last("q", "service:http").getInteger("code")).isEqualTo(404);
    }
  }

  private static void post(String body) throws Exception {
    HTTP.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + gateway.managementPort() + "/v1/messages"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void sendersWithTheSameEventIdAreCounted() throws Exception {
    try (TestClient alice = connect("user=alice10");
        TestClient bob = connect("user=bob10")) {
      for (TestClient client : List.of(alice, bob)) {
        client.send(message("same", "service:echo"));
        client.receive();
        client.receive();
      }
      JsonObject both = new JsonObject(get("/v1/messages/same").body());
      assertThat(both.getString("eventId")).isEqualTo("same");
      assertThat(both.getInteger("senders")).isEqualTo(2);
      assertThat(both.getJsonArray("steps")).hasSize(6);
      assertThat(both.getJsonArray("silent")).isEmpty();
      assertThat(steps("same", "bob10")).hasSize(3);
    }
  }

  @ParameterizedTest
  @CsvSource({"?format=jsonl, */*", "'', application/x-ndjson"})
  void stepsAreExportedAsJsonLines(String query, String accept) throws Exception {
    String eventId = "lines" + query.length();
    try (TestClient alice = connect("user=alice11")) {
      alice.send(message(eventId, "service:echo"));
      alice.receive();
      alice.receive();
      HttpResponse<String> answer = get("/v1/messages/" + eventId + query, "Accept", accept);
      assertThat(answer.headers().firstValue("Content-Type")).contains("application/x-ndjson");
      assertThat(answer.body().lines().map(line -> new JsonObject(line).getString("step")))
          .containsExactly("received", "routed", "accepted");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "unknown, 404, not-found",
    "unknown?format=xml, 400, malformed",
    "unknown?who=a, 400, malformed",
    "unknown?user=a&user=b, 400, malformed"
  })
  void requestsForNothingAreRefused(String path, int status, String code) throws Exception {
    HttpResponse<String> answer = get("/v1/messages/" + path);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(new JsonObject(answer.body()).getString("code")).isEqualTo(code);
  }
}
