package io.linkspan.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RevocationApiTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String PATH = "/v1/revocations";

  private final TestGateway gateway = TestGateway.start(settings());

  private static Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("revocation.max", "100");
    return settings;
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private HttpResponse<String> call(String method, String path, String body) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + gateway.managementPort() + path);
    return HTTP.send(
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private JsonObject added(String body) throws Exception {
    HttpResponse<String> answer = call("POST", PATH, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return new JsonObject(answer.body());
  }

  @Test
  void entryIsAddedListedAndRemoved() throws Exception {
    JsonObject entry =
        added("{\"kind\":\"user\",\"value\":\"alice\",\"for\":\"1h\",\"reason\":\"spam\"}");
    assertThat(entry.getString("source")).isEqualTo("operator");
    assertThat(entry.getString("reason")).isEqualTo("spam");
    assertThat(entry.getInstant("until"))
        .isBetween(Instant.now().plusSeconds(3_000), Instant.now().plusSeconds(3_600));
    JsonObject page = new JsonObject(call("GET", PATH, null).body());
    assertThat(page.getJsonArray("revocations")).containsExactly(entry);
    assertThat(page.containsKey("next")).isTrue();
    String token = TestTokens.of("alice", 600);
    assertThat(TokenTransport.TCP.refusal(gateway, token)).isEqualTo(4403);
    String id = PATH + "/" + entry.getString("id");
    assertThat(call("DELETE", id, null).statusCode()).isEqualTo(204);
    assertThat(call("DELETE", id, null).statusCode()).isEqualTo(404);
    TokenTransport.TCP.connect(gateway, token).close();
  }

  @Test
  void entriesAreListedInPages() throws Exception {
    Set<Object> added = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      added.add(added("{\"kind\":\"token\",\"value\":\"t" + i + "\"}"));
    }
    Set<Object> listed = new HashSet<>();
    String cursor = "";
    while (cursor != null) {
      JsonObject page = new JsonObject(call("GET", PATH + "?limit=2" + cursor, null).body());
      JsonArray entries = page.getJsonArray("revocations");
      assertThat(entries.size()).isBetween(1, 2);
      entries.forEach(listed::add);
      cursor = page.getString("next") == null ? null : "&cursor=" + page.getString("next");
    }
    assertThat(listed).isEqualTo(added);
  }

  @Test
  void listThatIsFullRefusesFurtherEntries() throws Exception {
    for (int i = 0; i < 100; i++) {
      added("{\"kind\":\"token\",\"value\":\"t" + i + "\"}");
    }
    HttpResponse<String> refused =
        call("POST", PATH, "{\"kind\":\"token\",\"value\":\"one more\"}");
    assertThat(refused.statusCode()).isEqualTo(507);
    assertThat(new JsonObject(refused.body()).getString("code")).isEqualTo("queue-full");
    added("{\"kind\":\"token\",\"value\":\"t0\",\"for\":\"366d\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                                          | kind must be",
        "{\"kind\":\"device\",\"value\":\"x\"}                       | kind must be",
        "{\"kind\":\"token\"}                                        | value is missing",
        "{\"kind\":\"token\",\"value\":5}                            | value must be a text",
        "{\"kind\":\"token\",\"value\":\"\"}                         | value must have",
        "{\"kind\":\"user\",\"value\":\"a\"}                         | until is missing",
        "{\"kind\":\"user\",\"value\":\"a\",\"for\":\"soon\"}        | for must be a duration",
        "{\"kind\":\"user\",\"value\":\"a\",\"for\":\"99999d\"}      | until must be within",
        "{\"kind\":\"user\",\"value\":\"a\",\"until\":\"tomorrow\"}  | until must be a time",
        "{\"kind\":\"network\",\"value\":\"a\",\"for\":\"1h\"}       | address or a network",
        "{\"kind\":\"token\",\"value\":\"a\",\"jti\":\"b\"}          | jti is not a field",
        "[1]                                                         | must be a JSON object",
        "{                                                           | must be a JSON object",
        "''                                                          | must be a JSON object",
      })
  void whatIsNotAnEntryIsRefused(String body, String why) throws Exception {
    HttpResponse<String> refused = call("POST", PATH, body);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(new JsonObject(refused.body()).getString("message")).contains(why);
    assertThat(new JsonObject(call("GET", PATH, null).body()).getJsonArray("revocations"))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, ?limit=0, 400",
    "GET, ?limit=1001, 400",
    "GET, ?limit=x, 400",
    "GET, ?cursor=x, 400",
    "GET, ?user=x, 400",
    "DELETE, /x, 404",
    "DELETE, /0123456789012345678901, 404",
    "DELETE, '', 405",
    "PUT, '', 405",
  })
  void otherRequestsAreRefused(String method, String path, int status) throws Exception {
    assertThat(call(method, PATH + path, null).statusCode()).isEqualTo(status);
  }
}
