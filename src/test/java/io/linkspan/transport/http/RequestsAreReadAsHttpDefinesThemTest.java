package io.linkspan.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what the HTTP port reads of a request, as RFC 9110 and RFC 9112 define it. */
class RequestsAreReadAsHttpDefinesThemTest {

  private static final String POLLING = "/socket.io/?EIO=4&transport=polling";

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = TestGateway.start(Map.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static RawHttp.Response get(String target, String... headers) {
    return RawHttp.get(gateway.httpPort(), target, headers).response();
  }

  /** Returns the target of a new session's polls. */
  private static String openSession() {
    String open = get(POLLING).body();
    return POLLING + "&sid=" + new JsonObject(open.substring(1)).getString("sid");
  }

  @Test
  void aPostPipelinedBehindAPollIsAnswered() {
    // Sessions and connections are on different event loops in turn.
    for (int i = 0; i < 6; i++) {
      String target = openSession();
      try (RawHttp connection = RawHttp.get(gateway.httpPort(), target)) {
        connection.send("POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40");
        assertThat(connection.next().body()).isEqualTo("6");
        assertThat(connection.next().body()).isEqualTo("ok");
        assertThat(get(target).body()).startsWith("40{");
      }
    }
  }

  /** The next request on a connection is not pipelined: the one before has its response. */
  @Test
  void aPollWaitsAlsoWhenItsConnectionHasServedOthers() {
    String target = openSession();
    try (RawHttp connection = RawHttp.get(gateway.httpPort(), "/nothing")) {
      assertThat(connection.next().status()).isEqualTo(404);
      connection.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
      // Gives all event loops a turn, so that the poll is read before the POST.
      for (int i = 0; i < 10; i++) {
        assertThat(get("/nothing").status()).isEqualTo(404);
      }
      assertThat(
              RawHttp.post(gateway.httpPort(), target, "40", "Content-Type: text/plain")
                  .response()
                  .body())
          .isEqualTo("ok");
      assertThat(connection.next().body()).startsWith("40{");
    }
  }

  @Test
  void aPollPipelinedBehindAPollEndsTheSessionAsWithTwoConnections() {
    String target = openSession();
    try (RawHttp connection = RawHttp.get(gateway.httpPort(), target)) {
      connection.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
      // In order of arrival there is never more than one poll at a time.
      assertThat(connection.next().body()).isEqualTo("6");
      connection.send("POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40");
      assertThat(connection.next().body()).isEqualTo("6");
      assertThat(connection.next().body()).isEqualTo("ok");
    }
  }

  @Test
  void chunkExtensionsAndTrailersAreIgnored() {
    String target = openSession();
    RawHttp.Response answer =
        RawHttp.open(gateway.httpPort(), "POST", target, "Transfer-Encoding: Chunked", "")
            .send("1;name=\"v;a\\\"l\";b\r\n4\r\n1 ; c = d\r\n0\r\n0;last\r\nTrailer: x\r\n\r\n")
            .response();
    assertThat(answer.body()).isEqualTo("ok");
    assertThat(get(target).body()).startsWith("40{");
  }

  @Test
  void aRequestLineMayHave16KibibytesUnlessSetOtherwise() {
    String long12 = POLLING + "&x=" + "y".repeat(12 << 10);
    assertThat(get(long12).status()).isEqualTo(200);
    assertThat(get(POLLING + "&x=" + "y".repeat(17 << 10)).status()).isEqualTo(414);
    try (TestGateway strict = TestGateway.start(Map.of("http.maxRequestLine", "2KiB"))) {
      assertThat(RawHttp.get(strict.httpPort(), long12).response().status()).isEqualTo(414);
    }
  }

  @Test
  void tooManyHeadersAreAnsweredWith431() {
    assertThat(get(POLLING, "X: " + "y".repeat(12 << 10)).status()).isEqualTo(200);
    assertThat(get(POLLING, "X: " + "y".repeat(17 << 10)).status()).isEqualTo(431);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection: keep-alive, Upgrade\nUpgrade: websocket",
        "Connection: keep-alive\nConnection: Upgrade\nUpgrade: WebSocket",
        "Connection:upgrade\nUpgrade: h2c, websocket",
        "Connection: , UPGRADE ,\nUpgrade: h2c\nUpgrade: websocket",
      })
  void listsOfTheUpgradeMayBeSpreadAndInAnyCase(String fields) {
    for (String target : new String[] {"/ws", "/socket.io/?EIO=4&transport=websocket"}) {
      try (RawHttp upgrade =
          RawHttp.open(gateway.httpPort(), "GET", target, fields.split("\n"))
              .send("Sec-WebSocket-Version: 13\r\n")
              .send("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")) {
        assertThat(upgrade.interim()).as(target).startsWith("HTTP/1.1 101 ");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sec-WebSocket-Protocol: other, linkspan.json",
        "Sec-WebSocket-Protocol: other\nSec-WebSocket-Protocol: linkspan.json",
        "Sec-WebSocket-Protocol:linkspan.json\nSec-WebSocket-Protocol: , other ,",
      })
  void subprotocolsMayBeSpreadOverSeveralFields(String fields) {
    try (RawWebSocket socket =
        RawWebSocket.connect(gateway.httpPort(), "/ws", fields.split("\n"))) {
      assertThat(socket.responseHead())
          .containsIgnoringCase("sec-websocket-protocol: linkspan.json\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "J%C3%BCrgen Jürgen",
        "a%2Bb a+b",
        "a%26b%3Dc a&b=c",
        "a%2525 a%25",
        "a=b a=b",
        "a/b?c a/b?c",
        "a|b[c]{d}^e`f a|b[c]{d}^e`f",
        "%61%6Cice alice",
      })
  void queriesAreDecodedOnceOnBothTransports(String encoded, String user) {
    try (RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), "/ws?user=" + encoded)) {
      assertThat(socket.status()).contains(" 101 ");
      assertThat(users()).contains(user);
    }
    String open = "/socket.io/?EIO=4&transport=websocket&user=" + encoded;
    try (RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), open)) {
      socket.readData();
      socket.sendText("40");
      assertThat(socket.readData().text()).startsWith("40{");
      assertThat(users()).contains(user);
    }
  }

  private static String users() {
    return RawHttp.get(gateway.managementPort(), "/v1/sessions").response().body();
  }

  @ParameterizedTest
  @ValueSource(strings = {"user=%", "user=%zz", "user=a%2", "%=x"})
  void aQueryThatCannotBeDecodedIsABadRequest(String query) {
    try (RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), "/ws?" + query)) {
      assertThat(socket.status()).contains(" 400 ");
    }
    assertThat(get(POLLING + "&" + query).status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1/ws", "/%77s", "/./ws", "/x/../ws"})
  void equivalentTargetsAreServed(String target) {
    try (RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), target)) {
      assertThat(socket.status()).contains(" 101 ");
    }
  }

  @Test
  void aByteOrderMarkBeforeJsonIsIgnored() {
    RawHttp.Response answer =
        RawHttp.post(
                gateway.managementPort(),
                "/v1/messages",
                "\uFEFF{\"to\":\"nobody\",\"body\":\"x\"}",
                "Content-Type: application/json")
            .response();
    // Nobody of that name is here, so that it was read.
    assertThat(answer.body()).contains("no-such-recipient");
    try (RawWebSocket socket =
        RawWebSocket.connect(gateway.httpPort(), "/ws", "Sec-WebSocket-Protocol: linkspan.json")) {
      socket.sendText("\uFEFF{\"message\":{\"eventId\":\"1\",\"to\":\"service:echo\"}}");
      assertThat(socket.readData().text()).isEqualTo("{\"ack\":{\"eventId\":\"1\"}}");
    }
  }
}
