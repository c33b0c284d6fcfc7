package io.linkspan.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Access to the management port, on real sockets. */
class ManagementAccessTest {

  private static final String KEY = "0123456789abcdef";

  /** An answer; header names are in lower case. */
  private record Answer(String head, JsonObject body) {
    int status() {
      return Integer.parseInt(head.substring(9, 12));
    }

    String code() {
      return body.getString("code");
    }
  }

  /** One gateway for each configuration. */
  private static final Map<Map<String, String>, TestGateway> GATEWAYS = new HashMap<>();

  private TestGateway gateway;

  @AfterAll
  static void stop() {
    GATEWAYS.values().forEach(TestGateway::close);
    GATEWAYS.clear();
  }

  private void start(Map<String, String> settings) {
    gateway = GATEWAYS.computeIfAbsent(settings, TestGateway::start);
  }

  private Answer call(String line, String... headers) {
    return call(line, "127.0.0.1", headers);
  }

  private Answer call(String line, String host, String[] headers) {
    try (RawTcp client = RawTcp.connect(gateway.managementPort())) {
      client.send(line + " HTTP/1.1\r\nHost: " + host + "\r\n");
      for (String header : headers) {
        client.send(header + "\r\n");
      }
      client.send("\r\n");
      return answer(client);
    }
  }

  private static Answer answer(RawTcp client) {
    String head = client.readUntil("\r\n\r\n");
    String length = "content-length: ";
    String lower = head.toLowerCase(Locale.ROOT) + "\r\n";
    int at = lower.indexOf(length) + length.length();
    byte[] body = client.read(Integer.parseInt(lower.substring(at, lower.indexOf("\r\n", at))));
    String text = new String(body, StandardCharsets.UTF_8);
    return new Answer(lower, text.startsWith("{") ? new JsonObject(text) : null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.0.0.1:9090",
        "localhost",
        "LocalHost:9090",
        "[::1]:9090",
        "10.1.2.3",
        "linkspan.example",
        "Linkspan.Example:9090",
        "pod-1.below.example",
      })
  void addressesLocalhostAndConfiguredNamesAreServed(String host) {
    start(Map.of("management.hosts", "linkspan.example,*.below.example"));
    assertThat(call("GET /v1/node", host, new String[0]).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:9090",
        "linkspan.example.evil.example",
        "evil-below.example",
        "below.example",
        "[0:0]",
      })
  void aNameThatSomebodyElseMayOwnIsRefused(String host) {
    start(Map.of("management.hosts", "linkspan.example,*.below.example"));
    for (String path : new String[] {"/v1/node", "/metrics", "/health/live"}) {
      Answer answer = call("GET " + path, host, new String[0]);
      assertThat(answer.status()).as(path).isEqualTo(403);
      assertThat(answer.code()).isEqualTo("forbidden");
    }
  }

  @Test
  void aStarAllowsEveryName() {
    start(Map.of("management.hosts", "*"));
    assertThat(call("GET /v1/node", "any.example", new String[0]).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "Origin: http://127.0.0.1, 200",
    "Origin: https://127.0.0.1, 200",
    "Origin: http://127.0.0.1:1, 403",
    "Origin: https://evil.example, 403",
    "Origin: null, 403",
    "Sec-Fetch-Site: same-origin, 200",
    "Sec-Fetch-Site: none, 200",
    "Sec-Fetch-Site: same-site, 403",
    "Sec-Fetch-Site: cross-site, 403",
  })
  void pagesOfOtherSitesHaveNoAccess(String header, int status) {
    start(Map.of());
    assertThat(call("GET /v1/node", header).status()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({
    "application/json, 404",
    "Application/JSON; charset=utf-8, 404",
    "application/jsonp, 415",
    "text/plain, 415",
    "application/x-www-form-urlencoded, 415",
    "'', 415",
  })
  void aBodyMustBeJson(String type, int status) {
    start(Map.of());
    try (RawTcp client = RawTcp.connect(gateway.managementPort())) {
      String body = "{\"to\":\"nobody\"}";
      client.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n");
      client.send(type.isEmpty() ? "" : "Content-Type: " + type + "\r\n");
      client.send("Content-Length: " + body.length() + "\r\n\r\n" + body);
      Answer answer = answer(client);
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.code()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /nothing                    | 404 |",
        "GET /v1/nothing                 | 404 |",
        "GET /console/nothing            | 404 |",
        "POST /                          | 405 | GET",
        "POST /health/live               | 405 | GET",
        "DELETE /metrics                 | 405 | GET",
        "GET /v1/messages                | 405 | POST",
        "PATCH /v1/sessions              | 405 | GET",
        "GET /v1/sessions/x              | 405 | DELETE",
        "POST /v1/groups/g               | 405 | GET",
        "GET /v1/groups/g/members/x      | 405 | DELETE, PUT",
      })
  void wrongPathsAndMethodsAreAnsweredInJson(String line, int status, String allowed) {
    start(Map.of());
    Answer answer = call(line);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.code()).isEqualTo(status == 404 ? "not-found" : "method-not-allowed");
    if (allowed != null) {
      assertThat(answer.head()).contains("\r\nallow: " + allowed.toLowerCase(Locale.ROOT) + "\r\n");
    }
  }

  @Test
  void wrongKeysAreSlowedDownAndTheRightOneWithThem() {
    start(Map.of("management.apiKey", KEY));
    assertThat(call("GET /v1/node", "Authorization: Bearer " + KEY).status()).isEqualTo(200);
    // Sent at once, so that a slow machine does not make the guesses rare.
    String guess = request("wrong") + request(KEY);
    int pairs = 100;
    List<Integer> toWrong = new ArrayList<>();
    List<Integer> toRight = new ArrayList<>();
    try (RawTcp client = RawTcp.connect(gateway.managementPort())) {
      client.send(guess.repeat(pairs));
      for (int i = 0; i < pairs; i++) {
        toWrong.add(answer(client).status());
        Answer answer = answer(client);
        toRight.add(answer.status());
        if (answer.status() == 429) {
          assertThat(answer.head()).contains("\r\nretry-after: 1\r\n");
        }
      }
    }
    assertThat(toWrong).contains(401, 429).containsOnly(401, 429);
    assertThat(toRight).contains(429).containsOnly(200, 429);
    assertThat(call("GET /v1/node").status()).isEqualTo(401);
    assertThat(call("GET /health/live").status()).isEqualTo(200);
  }

  private static String request(String key) {
    return "GET /v1/node HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n\r\n";
  }

  @Test
  void aRequestThatIsNotCompleteInTimeEndsItsConnection() {
    start(Map.of("management.requestTimeout", "1s"));
    String head = "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n";
    try (RawTcp mute = RawTcp.connect(gateway.managementPort());
        RawTcp slowHead = RawTcp.connect(gateway.managementPort());
        RawTcp slowBody = RawTcp.connect(gateway.managementPort())) {
      slowHead.send(head);
      slowBody.send(head + "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
      assertThat(mute.atEnd()).isTrue();
      assertThat(slowHead.atEnd()).isTrue();
      assertThat(slowBody.atEnd()).isTrue();
    }
  }

  @Test
  void aConnectionWithoutAFurtherRequestIsClosed() {
    start(Map.of("management.idleTimeout", "3s"));
    try (RawTcp client = RawTcp.connect(gateway.managementPort())) {
      client.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(answer(client).status()).isEqualTo(200);
      client.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(answer(client).status()).isEqualTo(200);
      assertThat(client.atEnd()).isTrue();
    }
  }

  /** Takes three seconds: longer than both time-outs. */
  @Test
  void anAnswerMayTakeLongerThanBothTimeouts() {
    start(Map.of("management.idleTimeout", "1s", "management.requestTimeout", "2s"));
    try (WebSocketTestClient silent =
            WebSocketTestClient.connect(gateway.httpPort(), "user=silent");
        RawTcp client = RawTcp.connect(gateway.managementPort())) {
      assertThat(silent.socket().status()).contains(" 101 ");
      String body = "{\"to\":\"silent\"}";
      client.send(
          "POST /v1/messages?wait=acknowledged&timeout=3s HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Type: application/json\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
      assertThat(answer(client).status()).isEqualTo(408);
    }
  }
}
