package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReportTest {

  @TempDir Path folder;

  private static JsonObject value(JsonObject report, String key) {
    return report.getJsonArray("values").stream()
        .map(JsonObject.class::cast)
        .filter(value -> value.getString("key").equals(key))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everyKeyHasItsValueItsSourceAndWhetherItCanChange() throws Exception {
    Path file =
        Files.writeString(folder.resolve("a.yaml"), "http: {port: 81, origins: ['https://a.b']}");
    JsonObject report =
        ConfigReport.values(
            GatewayConfig.load(file, Map.of("LINKSPAN_LIMITS_INFLIGHT", "7", "PATH", "x")));
    assertThat(report.getString("file")).isEqualTo(file.toString());
    assertThat(report.getInstant("loadedAt")).isNotNull();
    assertThat(value(report, "http.port").encode())
        .isEqualTo("{\"key\":\"http.port\",\"value\":81,\"source\":\"file\",\"live\":false}");
    assertThat(value(report, "http.origins").encode())
        .isEqualTo(
            "{\"key\":\"http.origins\",\"value\":[\"https://a.b\"],\"source\":\"file\",\"live\":true}");
    assertThat(value(report, "limits.inFlight").encode())
        .isEqualTo(
            "{\"key\":\"limits.inFlight\",\"value\":\"7\",\"source\":\"environment\",\"live\":true}");
    assertThat(value(report, "enet.enabled").encode())
        .isEqualTo(
            "{\"key\":\"enet.enabled\",\"value\":true,\"source\":\"default\",\"live\":false}");
    assertThat(ConfigReport.values(GatewayConfig.defaults()).getString("file")).isNull();
  }

  @Test
  void noSecretIsShown() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("a.yaml"),
            """
            management: {apiKey: hidden-hidden-hidden}
            cluster: {secret: hidden-hidden-hidden, previousSecret: hidden-hidden-hidden}
            auth:
              mode: jwt-hook
              jwt: {key: hidden-hidden-hidden-hidden-hidden}
              hook:
                http: {url: "https://a.b/c?key=hidden", headers: ["X-A: hidden"], secret: hidden}
                headers: [X-Api-Key]
            tracing: {endpoint: "https://a.b/c?hidden", headers: ["A: hidden"]}
            upstream: {http: {headers: ["X-A: hidden: a:b=c"], secret: hidden}}
            routes:
              - to: "service:a"
                http: {url: "https://a.b/c?key=hidden", headers: ["X-A: hidden"], secret: hidden}
            verticles:
              - {class: io.linkspan.EchoService, config: {a: {b: hidden}, c: [hidden], d: hidden}}
            """);
    JsonObject report = ConfigReport.values(GatewayConfig.load(file, Map.of()));
    assertThat(report.encode()).doesNotContain("hidden");
    assertThat(value(report, "management.apiKey").getString("value")).isEqualTo(ConfigReport.MASK);
    assertThat(value(report, "auth.hook.headers").getJsonArray("value"))
        .isEqualTo(new JsonArray().add("X-Api-Key"));
    assertThat(value(report, "upstream.http.headers").getJsonArray("value"))
        .isEqualTo(new JsonArray().add("X-A:" + ConfigReport.MASK));
    assertThat(value(report, "routes").getJsonArray("value").getJsonObject(0))
        .isEqualTo(
            new JsonObject(
                """
                {"to":"service:a","http":{"url":"https://a.b/c?•••","headers":["X-A:•••"],"secret":"•••"}}
                """));
    assertThat(value(report, "tracing.endpoint").getString("value")).isEqualTo("https://a.b/c?•••");
    assertThat(value(report, "verticles").getJsonArray("value").getJsonObject(0).getString("class"))
        .isEqualTo("io.linkspan.EchoService");
    assertThat(
            value(ConfigReport.values(GatewayConfig.defaults()), "cluster.secret")
                .getString("value"))
        .isEmpty();
  }
}
