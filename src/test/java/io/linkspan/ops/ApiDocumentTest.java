package io.linkspan.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.ManagementPort;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Compares the description of the HTTP API with what the management port does. */
class ApiDocumentTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static TestGateway gateway;
  private static JsonObject document;
  private static WebSocketTestClient alice;

  @BeforeAll
  static void start() throws Exception {
    gateway = TestGateway.start(Map.of("management.storm.enabled", "true"));
    document = new JsonObject(call("GET", "/openapi.json", null).body());
  }

  @AfterAll
  static void stop() {
    if (alice != null) {
      alice.close();
    }
    gateway.close();
  }

  private static HttpResponse<String> call(String method, String path, String body)
      throws Exception {
    var publisher =
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body);
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.managementPort() + path))
            .header("Content-Type", "application/json")
            .method(method, publisher)
            .build(),
        BodyHandlers.ofString());
  }

  /** Calls an operation and checks that the document describes its answer. */
  private static JsonObject check(
      int status, String method, String template, String path, String body) throws Exception {
    HttpResponse<String> response = call(method, path, body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonObject responses =
        document
            .getJsonObject("paths")
            .getJsonObject(template)
            .getJsonObject(method.toLowerCase(Locale.ROOT))
            .getJsonObject("responses");
    String key = Integer.toString(status);
    JsonObject described =
        resolve(responses.getJsonObject(responses.containsKey(key) ? key : "default"));
    JsonObject content = described.getJsonObject("content");
    if (content == null) {
      assertThat(response.body()).isEmpty();
      return null;
    }
    JsonObject json = new JsonObject(response.body());
    check(content.getJsonObject("application/json").getJsonObject("schema"), json);
    return json;
  }

  private static JsonObject resolve(JsonObject described) {
    String reference = described.getString("$ref");
    return reference == null
        ? described
        : document
            .getJsonObject("components")
            .getJsonObject("responses")
            .getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
  }

  private static void check(JsonObject schema, JsonObject json) {
    // References are relative to the root.
    JsonObject whole = schema.copy().put("components", document.getJsonObject("components"));
    OutputUnit outcome =
        Validator.create(
                JsonSchema.of(whole),
                new JsonSchemaOptions()
                    .setDraft(Draft.DRAFT202012)
                    .setBaseUri("https://linkspan.example")
                    .setOutputFormat(OutputFormat.Basic))
            .validate(json);
    assertThat(outcome.getValid()).as("%s: %s", json, outcome.getErrors()).isTrue();
  }

  @Test
  void theDocumentDescribesEveryPathAndNoOther() throws Exception {
    Set<String> served = new TreeSet<>();
    Vertx vertx = gateway.vertx();
    ManagementVerticle management = ManagementPort.of(vertx, "");
    TestGateway.await(vertx.deployVerticle(management));
    for (Route route : management.router().getRoutes()) {
      if (route.methods() != null) {
        String path = route.getPath().replaceAll(":(\\w+)", "{$1}");
        route.methods().forEach(method -> served.add(method.name() + " " + path));
      }
    }
    Set<String> described = new TreeSet<>();
    document
        .getJsonObject("paths")
        .forEach(
            path ->
                ((JsonObject) path.getValue())
                    .fieldNames().stream()
                        .filter(name -> !name.equals("parameters"))
                        .forEach(
                            name ->
                                described.add(
                                    name.toUpperCase(Locale.ROOT) + " " + path.getKey())));
    assertThat(described).isEqualTo(served);
  }

  @Test
  void answersAreAsDescribed() throws Exception {
    check(200, "GET", "/health/live", "/health/live", null);
    check(200, "GET", "/health/ready", "/health/ready", null);
    check(200, "GET", "/openapi.json", "/openapi.json", null);
    check(200, "GET", "/v1/node", "/v1/node", null);
    // Without a reference its socket would be collected, and closed.
    alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice&ack=transport");
    JsonObject page = check(200, "GET", "/v1/sessions", "/v1/sessions?user=alice&limit=1", null);
    JsonArray sessions = page.getJsonArray("sessions");
    String session = sessions.getJsonObject(0).getString("session");
    String member = "/v1/groups/room/members/";
    String template = "/v1/groups/{group}/members/{session}";
    check(204, "PUT", template, member + session, null);
    check(200, "GET", "/v1/groups/{group}", "/v1/groups/room", null);
    check(200, "GET", "/v1/groups", "/v1/groups?prefix=r&limit=1", null);
    String presence = "/v1/groups/{group}/presence";
    check(200, "GET", presence, "/v1/groups/room/presence?limit=1", null);
    check(400, "GET", presence, "/v1/groups/room/presence?limit=0", null);
    check(400, "GET", presence, "/v1/groups/room/presence?prefix=a", null);
    String history = "/v1/groups/{group}/history";
    check(200, "GET", history, "/v1/groups/room/history?since=0:0&limit=1", null);
    check(400, "GET", history, "/v1/groups/room/history?since=yesterday", null);
    check(204, "DELETE", template, member + session, null);
    check(404, "PUT", template, member + "none", null);
    String message = "{\"to\":\"user:alice\",\"body\":\"hello\"}";
    String eventId =
        check(202, "POST", "/v1/messages", "/v1/messages", message).getString("eventId");
    check(200, "GET", "/v1/messages/{eventId}", "/v1/messages/" + eventId, null);
    check(200, "POST", "/v1/messages", "/v1/messages?wait=acknowledged", message);
    check(204, "DELETE", "/v1/sessions/{session}", "/v1/sessions/" + session, null);
    check(404, "DELETE", "/v1/sessions/{session}", "/v1/sessions/" + session, null);
    check(404, "POST", "/v1/messages", "/v1/messages", "{\"to\":\"user:nobody\"}");
    check(400, "POST", "/v1/messages", "/v1/messages?wait=soon", "{}");
    check(400, "POST", "/v1/messages", "/v1/messages", "{");
    check(404, "GET", "/v1/messages/{eventId}", "/v1/messages/unknown", null);
    check(400, "GET", "/v1/trace", "/v1/trace", null);
    check(404, "GET", "/v1/trace", "/v1/trace?session=unknown", null);
    check(400, "GET", "/v1/sessions", "/v1/sessions?limit=many", null);
    check(400, "GET", "/v1/groups", "/v1/groups?limit=0", null);
    check(200, "GET", "/v1/overview", "/v1/overview", null);
    check(400, "GET", "/v1/overview", "/v1/overview?node=1", null);
    check(400, "GET", "/v1/overview/live", "/v1/overview/live?node=1", null);
    check(400, "GET", "/v1/events", "/v1/events?node=1", null);
  }

  @Test
  void answersAboutRevocationsAreAsDescribed() throws Exception {
    String revocations = "/v1/revocations";
    String id =
        check(
                201,
                "POST",
                revocations,
                revocations,
                "{\"kind\":\"tokens\",\"value\":\"alice\",\"reason\":\"lost phone\"}")
            .getString("id");
    check(200, "GET", revocations, revocations + "?limit=1", null);
    check(400, "POST", revocations, revocations, "{\"kind\":\"user\"}");
    check(204, "DELETE", revocations + "/{id}", revocations + "/" + id, null);
    check(404, "DELETE", revocations + "/{id}", revocations + "/" + id, null);
  }

  @Test
  void theConfigurationIsDescribed() throws Exception {
    check(200, "GET", "/v1/config", "/v1/config", null);
    check(200, "GET", "/v1/routes", "/v1/routes", null);
    check(200, "POST", "/v1/reload", "/v1/reload", null);
  }

  @Test
  void answersAboutARebalanceAreAsDescribed() throws Exception {
    String path = "/v1/rebalance";
    check(200, "GET", path, path, null);
    check(409, "DELETE", path, path, null);
    check(202, "POST", path, path, null);
    check(200, "GET", path, path, null);
  }

  @Test
  void answersAboutStormsAreAsDescribed() throws Exception {
    String path = "/v1/storms";
    check(200, "GET", path, path, null);
    check(409, "DELETE", path, path, null);
    check(400, "POST", path, path, "{\"kind\":\"polite\"}");
    String storm = "{\"kind\":\"good\",\"clients\":1,\"good\":1,\"quietSeconds\":0}";
    check(202, "POST", path, path, storm);
    check(409, "POST", path, path, storm);
    long end = System.nanoTime() + Patience.LONGEST.toNanos();
    JsonObject description = check(200, "GET", path, path, null);
    while (!description.getJsonObject("storm").containsKey("latest") && System.nanoTime() < end) {
      description = check(200, "GET", path, path, null);
    }
    assertThat(description.getJsonObject("storm").getJsonArray("samples")).isNotEmpty();
    check(200, "DELETE", path, path, null);
    check(400, "GET", path + "/live", path + "/live?storm=1", null);
  }

  @Test
  void refusalsWithoutAnOperationHaveTheFormOfOthers() throws Exception {
    var error = new JsonObject().put("$ref", "#/components/schemas/Error");
    HttpResponse<String> path = call("GET", "/v1/nothing", null);
    assertThat(path.statusCode()).isEqualTo(404);
    check(error, new JsonObject(path.body()));
    HttpResponse<String> method = call("PATCH", "/v1/node", null);
    assertThat(method.statusCode()).isEqualTo(405);
    check(error, new JsonObject(method.body()));
  }
}
