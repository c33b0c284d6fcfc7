package io.linkspan.transport.socketio;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawHttp.Response;
import io.linkspan.testing.TestGateway;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientFilesTest {

  private static final String SCRIPT = "application/javascript; charset=utf-8";
  private static final String MAP = "application/json; charset=utf-8";
  private static final String FILE = "/socket.io/socket.io.js";

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = TestGateway.start(Map.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static Response get(String target, String... headers) {
    return RawHttp.get(gateway.httpPort(), target, headers).response();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "socket.io.js                 | " + SCRIPT + " | socket.io.min.js.map",
        "socket.io.min.js             | " + SCRIPT + " | socket.io.min.js.map",
        "socket.io.esm.min.js         | " + SCRIPT + " | socket.io.esm.min.js.map",
        "socket.io.msgpack.min.js     | " + SCRIPT + " | socket.io.msgpack.min.js.map",
        "socket.io.js.map             | " + MAP + "    | \"version\":3",
        "socket.io.min.js.map         | " + MAP + "    | \"version\":3",
        "socket.io.esm.min.js.map     | " + MAP + "    | \"version\":3",
        "socket.io.msgpack.min.js.map | " + MAP + "    | \"version\":3",
      })
  void eachFileIsServedWithItsTypeAndTag(String file, String type, String content) {
    Response response = get("/socket.io/" + file + "?v=1");
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.body()).contains(content);
    assertThat(response.header("Content-Type")).isEqualTo(type);
    assertThat(response.header("ETag")).isEqualTo("\"4.8.4\"");
    assertThat(response.header("Cache-Control")).isEqualTo("public, max-age=0");
    assertThat(response.header("Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(response.header("Content-Encoding")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"4.8.4\"", "W/\"4.8.4\"", "\"4.8.1\", \"4.8.4\"", "*"})
  void aFileThatTheBrowserHasIsNotSentAgain(String tags) {
    Response response = get(FILE, "If-None-Match: " + tags);
    assertThat(response.status()).isEqualTo(304);
    assertThat(response.body()).isEmpty();
    assertThat(response.header("ETag")).isEqualTo("\"4.8.4\"");
    assertThat(response.header("Cache-Control")).isEqualTo("public, max-age=0");
  }

  @Test
  void anotherVersionIsReplaced() {
    assertThat(get(FILE, "If-None-Match: \"4.8.1\"").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip, deflate, br | gzip",
        "br, GZIP;q=0.5    | gzip",
        "gzip;q=0, br      | ",
        "gzip;q=0.0        | ",
        "identity          | ",
        "xgzip             | "
      })
  void aBrowserThatTakesGzipGetsIt(String accepted, String coding) {
    Response response = get(FILE, "Accept-Encoding: " + accepted);
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("Content-Encoding")).isEqualTo(coding);
    assertThat(response.header("Vary")).isEqualToIgnoringCase("Accept-Encoding");
  }

  @Test
  void otherMethodsAreNotAllowed() {
    Response response = RawHttp.post(gateway.httpPort(), FILE, "x").response();
    assertThat(response.status()).isEqualTo(405);
    assertThat(response.header("Allow")).isEqualTo("GET, HEAD");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/socket.io/socket.io.css",
        "/socket.io/../socket.io.js",
        "/socket.io.js",
        "/socket.io/LICENSE",
        "/socket.io/socket.io.js/"
      })
  void otherPathsAreNotServed(String target) {
    assertThat(get(target).status()).isEqualTo(404);
  }

  @Test
  void theFilesFollowThePathAndCanBeSwitchedOff() {
    try (var moved = TestGateway.start(Map.of("socketio.path", "/a/b/"));
        var off = TestGateway.start(Map.of("socketio.serveClient", "false"))) {
      assertThat(RawHttp.get(moved.httpPort(), "/a/b/socket.io.js").response().status())
          .isEqualTo(200);
      assertThat(RawHttp.get(moved.httpPort(), FILE).response().status()).isEqualTo(404);
      assertThat(RawHttp.get(off.httpPort(), FILE).response().status()).isEqualTo(404);
    }
  }
}
