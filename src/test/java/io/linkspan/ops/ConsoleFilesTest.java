package io.linkspan.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TestGateway;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The files of the console, as the management port serves them. */
class ConsoleFilesTest {

  private static final Pattern REFERENCE = Pattern.compile("(?:href=|src=|from )\"([\\w./]+)\"");

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = TestGateway.start(Map.of("management.apiKey", "0123456789abcdef"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static RawHttp.Response get(String path) {
    try (RawHttp request = RawHttp.get(gateway.managementPort(), path)) {
      return request.response();
    }
  }

  @Test
  void theRootLeadsToThePageByRelativeAddresses() {
    assertThat(get("/").status()).isEqualTo(302);
    assertThat(get("/").header("location")).isEqualTo("console/");
    assertThat(get("/console").status()).isEqualTo(302);
    assertThat(get("/console").header("location")).isEqualTo("console/");
    assertThat(get("/console/").status()).isEqualTo(200);
  }

  @Test
  void everyFileThatAFileNamesIsServedWithoutAKey() {
    Set<String> found = new LinkedHashSet<>(Set.of(""));
    Deque<String> unread = new ArrayDeque<>(found);
    while (!unread.isEmpty()) {
      String name = unread.remove();
      RawHttp.Response file = get("/console/" + name);
      assertThat(file.status()).as(name).isEqualTo(200);
      Matcher references = REFERENCE.matcher(file.body());
      while (references.find()) {
        String other = references.group(1).replace("./", "");
        if (found.add(other)) {
          unread.add(other);
        }
      }
    }
    assertThat(found).contains("console.css", "app.js", "overview.js", "session.js");
  }

  @Test
  void pagesOfOthersCannotUseThePage() {
    for (String name : new String[] {"", "app.js", "console.css"}) {
      RawHttp.Response file = get("/console/" + name);
      assertThat(file.header("content-security-policy"))
          .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
          .doesNotContain("unsafe");
      assertThat(file.header("cache-control")).isEqualTo("no-store");
      assertThat(file.header("x-content-type-options")).isEqualTo("nosniff");
    }
    assertThat(get("/console/").body()).doesNotContain("<style", "style=", "onclick");
    try (RawTcp client = RawTcp.connect(gateway.managementPort())) {
      client.send("GET /console/ HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
      client.readUntil("HTTP/1.1 403");
    }
  }

  @Test
  void thePageAsksForAKeyOnlyIfThereIsOne() {
    assertThat(get("/console/").body()).contains("data-key=\"required\"");
    try (TestGateway open = TestGateway.start(Map.of());
        RawHttp request = RawHttp.get(open.managementPort(), "/console/")) {
      assertThat(request.response().body()).doesNotContain("data-key");
    }
  }

  @Test
  void otherFilesOfTheJarAreNotServed() {
    for (String name : new String[] {"nothing.js", "..%2fopenapi.yaml", "%2e%2e%2flogback.xml"}) {
      assertThat(get("/console/" + name).status()).as(name).isEqualTo(404);
    }
  }
}
