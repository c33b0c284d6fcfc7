package io.linkspan.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawHttp.Response;
import io.linkspan.testing.TestGateway;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loads the JavaScript client from a gateway. */
class LinkspanClientFilesTest {

  private static final String MODULE = "/linkspan.js";

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = TestGateway.start(Map.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static Response get(TestGateway from, String target, String... headers) {
    return RawHttp.get(from.httpPort(), target, headers).response();
  }

  @ParameterizedTest
  @CsvSource({"linkspan.js, application/javascript", "linkspan.d.ts, text/plain"})
  void theDocumentedFilesAreServed(String file, String type) throws Exception {
    String target = "/" + file;
    Response response = get(gateway, target);
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("Content-Type")).isEqualTo(type + "; charset=utf-8");
    assertThat(response.header("Cache-Control")).isEqualTo("public, max-age=0");
    assertThat(response.header("Access-Control-Allow-Origin")).isEqualTo("*");
    URI uri = URI.create("http://127.0.0.1:" + gateway.httpPort() + target);
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body())
        .isEqualTo(Files.readString(Path.of("docs", "clients", file)));
  }

  @Test
  void aBrowserAsksOnlyWhetherItsCopyIsCurrent() {
    String tag = get(gateway, MODULE).header("ETag");
    assertThat(get(gateway, "/linkspan.d.ts").header("ETag")).isNotEqualTo(tag);
    Response current = get(gateway, MODULE, "If-None-Match: " + tag);
    assertThat(current.status()).isEqualTo(304);
    assertThat(current.body()).isEmpty();
    assertThat(current.header("ETag")).isEqualTo(tag);
    assertThat(get(gateway, MODULE, "If-None-Match: \"x\"").status()).isEqualTo(200);
  }

  @Test
  void theClientCanBeSwitchedOffUnlessThePlaygroundNeedsIt() {
    Map<String, String> off = Map.of("http.serveClient", "false");
    try (var alone =
            TestGateway.start(Map.of("http.serveClient", "false", "http.playground", "false"));
        var needed = TestGateway.start(off);
        var withoutPlayground = TestGateway.start(Map.of("http.playground", "false"))) {
      assertThat(get(alone, MODULE).status()).isEqualTo(404);
      assertThat(get(needed, MODULE).status()).isEqualTo(200);
      assertThat(get(withoutPlayground, MODULE).status()).isEqualTo(200);
    }
  }
}
