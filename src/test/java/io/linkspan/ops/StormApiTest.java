package io.linkspan.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.linkspan.storm.StormKind;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The storm lab of the HTTP API. */
class StormApiTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String PATH = "/v1/storms";
  private static final Map<String, String> ENABLED =
      Map.of(
          "management.storm.enabled", "true",
          "management.storm.maxClients", "10",
          "management.storm.maxSeconds", "100");

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = TestGateway.start(ENABLED);
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  /** Stops what a test has started; 409 when it has ended. */
  @AfterEach
  void stopStorm() throws Exception {
    assertThat(call(gateway, "DELETE", PATH, null).statusCode()).isIn(200, 409);
  }

  private static <T> HttpResponse<T> call(
      TestGateway node, String method, String path, String body, BodyHandler<T> handler)
      throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.managementPort() + path))
            .header("Content-Type", "application/json")
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build(),
        handler);
  }

  private static HttpResponse<String> call(
      TestGateway node, String method, String path, String body) throws Exception {
    return call(node, method, path, body, BodyHandlers.ofString());
  }

  private static JsonObject get() throws Exception {
    return new JsonObject(call(gateway, "GET", PATH, null).body());
  }

  private static JsonObject started(JsonObject body) throws Exception {
    HttpResponse<String> answer = call(gateway, "POST", PATH, body.encode());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return new JsonObject(answer.body());
  }

  private static JsonObject storm(StormKind kind) {
    return new JsonObject().put("kind", kind.label()).put("clients", 2).put("quietSeconds", 0);
  }

  /** Reads the live figures until they fit, and ends the stream. */
  private static JsonObject watchUntil(Predicate<JsonObject> fits) throws Exception {
    var answer = call(gateway, "GET", PATH + "/live", null, BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).hasValue("text/event-stream");
    long end = System.nanoTime() + Patience.LONGEST.toNanos();
    JsonObject last = null;
    try (var lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      for (String line; System.nanoTime() < end && (line = lines.readLine()) != null; ) {
        if (line.startsWith("data: ")) {
          last = new JsonObject(line.substring(6));
          if (fits.test(last)) {
            return last;
          }
        }
      }
    }
    return fail("the last figures are %s", last);
  }

  @ParameterizedTest
  @EnumSource(StormKind.class)
  void aStormOfEachKindRunsUntilItIsStopped(StormKind kind) throws Exception {
    JsonObject begun = started(storm(kind).put("seconds", 100).put("good", 1));
    assertThat(begun.getString("kind")).isEqualTo(kind.label());
    assertThat(begun.getString("target")).isEqualTo("ws://127.0.0.1:" + gateway.httpPort() + "/ws");

    JsonObject live =
        watchUntil(
            storm ->
                storm.getJsonObject("storm").getInteger("attempts") >= 2
                    && storm.getJsonObject("storm").getInteger("goodAnswered") > 0);
    assertThat(live.getString("state")).isEqualTo("storm");
    assertThat(live.getJsonObject("latest").getJsonObject("gauges").getLong("heapBytes"))
        .isPositive();

    HttpResponse<String> stopped = call(gateway, "DELETE", PATH, null);
    assertThat(stopped.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(stopped.body()).getString("end")).isEqualTo("an operator stopped it");
    JsonObject kept = get().getJsonObject("storm");
    assertThat(kept.getString("state")).isEqualTo("ended");
    assertThat(kept.getJsonArray("samples").size()).isPositive();
  }

  @Test
  void aStormEndsAfterItsTimeWithTheFiguresOfBothPhases() throws Exception {
    started(storm(StormKind.CHATTERBOX).put("seconds", 1).put("quietSeconds", 1).put("good", 2));

    JsonObject ended = watchUntil(storm -> storm.getString("state").equals("ended"));
    assertThat(ended.getString("end")).isEqualTo("its time is over");
    JsonObject all = get().getJsonObject("storm");
    assertThat(all.getJsonArray("samples"))
        .extracting(sample -> ((JsonObject) sample).getString("phase"))
        .containsExactly("quiet", "storm");
    assertThat(all.getJsonObject("quiet").getInteger("attempts")).isZero();
  }

  @Test
  void aSecondStormIsRefused() throws Exception {
    started(storm(StormKind.GOOD).put("seconds", 100));

    HttpResponse<String> second = call(gateway, "POST", PATH, storm(StormKind.GOOD).encode());
    assertThat(second.statusCode()).isEqualTo(409);
    assertThat(second.body()).contains("a storm is running");
    assertThat(call(gateway, "DELETE", PATH, null).statusCode()).isEqualTo(200);
    assertThat(call(gateway, "DELETE", PATH, null).statusCode()).isEqualTo(409);
    started(storm(StormKind.GOOD).put("seconds", 100));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {                                                       | JSON object
          []                                                      | JSON object
          {}                                                      | no such kind
          {"kind":"polite"}                                       | no such kind
          {"kind":7}                                              | kind must be a text
          {"kind":"good","more":1}                                | more is not a field
          {"kind":"good","clients":0}                             | clients must be 1 to 10
          {"kind":"good","clients":11}                            | clients must be 1 to 10
          {"kind":"good","clients":"2"}                           | clients must be 1 to 10
          {"kind":"good","clients":2.5}                           | clients must be 1 to 10
          {"kind":"good","good":11}                               | good must be 0 to 10
          {"kind":"good","seconds":101}                           | seconds must be 1 to 100
          {"kind":"good","quietSeconds":61}                       | quietSeconds must be 0 to 60
          {"kind":"good","addresses":5001}                        | addresses must be 1 to 5000
          {"kind":"good","target":"ws://192.0.2.1:80/ws"}         | must be on loopback
          {"kind":"good","target":"ws://127.0.0.1:99999/ws"}      | port
          {"kind":"good","target":"wss://127.0.0.1:80/ws"}        | must begin with ws://
          {"kind":"good","target":"not a URL"}                    | is not a URL
          {"kind":"good","target":"ws:opaque"}                    | must be on loopback
          {"kind":"good","target":"ws://127.0.0.1:80/socket.io/"} | plain WebSockets
          """)
  void anInvalidStormIsRefused(String body, String reason) throws Exception {
    HttpResponse<String> refused = call(gateway, "POST", PATH, body);

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(new JsonObject(refused.body()).getString("message")).contains(reason);
  }

  @Test
  void theManagementPortIsNotATarget() throws Exception {
    String target = "ws://127.0.0.1:" + gateway.managementPort() + "/";
    HttpResponse<String> refused =
        call(
            gateway,
            "POST",
            PATH,
            storm(StormKind.HALF_OPEN).put("good", 0).put("target", target).encode());

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("must not be the management port");
  }

  @Test
  void withoutTheSwitchNoStormStarts() throws Exception {
    try (TestGateway other = TestGateway.start(Map.of())) {
      JsonObject description = new JsonObject(call(other, "GET", PATH, null).body());
      assertThat(description.getBoolean("enabled")).isFalse();
      for (String[] request : new String[][] {{"POST", PATH}, {"GET", PATH + "/live"}}) {
        HttpResponse<String> refused = call(other, request[0], request[1], "{}");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("management.storm.enabled is false");
      }
      assertThat(call(other, "DELETE", PATH, null).statusCode()).isEqualTo(409);
    }
  }

  @Test
  void theQueryOfATargetIsNotShown() throws Exception {
    try (var server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      String target = "ws://127.0.0.1:" + server.getLocalPort() + "/ws";
      JsonObject begun =
          started(
              storm(StormKind.HALF_OPEN)
                  .put("good", 0)
                  .put("target", target + "?token=not-to-be-shown"));

      assertThat(begun.getString("target")).isEqualTo(target);
      assertThat(get().encode()).doesNotContain("not-to-be-shown");
    }
  }

  @Test
  void aStormEndsWithItsNode() throws Exception {
    try (var server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      server.setSoTimeout(Patience.MILLIS);
      Socket accepted;
      try (TestGateway node = TestGateway.start(ENABLED)) {
        JsonObject body =
            storm(StormKind.HALF_OPEN)
                .put("clients", 1)
                .put("good", 0)
                .put("seconds", 100)
                .put("target", "ws://127.0.0.1:" + server.getLocalPort() + "/ws");
        assertThat(call(node, "POST", PATH, body.encode()).statusCode()).isEqualTo(202);
        accepted = server.accept();
        accepted.setSoTimeout(Patience.MILLIS);
      }
      try (accepted) {
        assertThat(new String(accepted.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
            .startsWith("GET /ws");
      }
    }
  }

  @Test
  void fieldsThatAreLeftOutHaveValuesWithinTheBounds() throws Exception {
    JsonObject begun = started(new JsonObject().put("kind", "good"));

    assertThat(begun.getInteger("clients")).isEqualTo(10);
    assertThat(begun.getInteger("good")).isEqualTo(10);
    assertThat(begun.getInteger("seconds")).isEqualTo(30);
    assertThat(begun.getInteger("quietSeconds")).isEqualTo(5);
  }
}
