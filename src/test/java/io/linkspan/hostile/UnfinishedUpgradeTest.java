package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for a WebSocket that can neither be completed nor fail by themselves. */
class UnfinishedUpgradeTest {

  private static final String WEBSOCKET = "/ws?user=ghost&ack=transport";
  private static final String SOCKET_IO = "/socket.io/?EIO=4&transport=websocket";
  private static final int ATTEMPTS = 10;

  private static final String[] HIXIE_76 = {
    "Upgrade: WebSocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5",
    "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00"
  };

  private static final String[] UPGRADE = {
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
  };

  private TestGateway gateway;
  private WebSocketTestClient good;

  @BeforeEach
  void start() {
    gateway =
        TestGateway.start(
            Map.of("limits.connections", "2", "eventLoops", "1", "http.origins", "*"));
    good = WebSocketTestClient.connect(gateway.httpPort(), "user=good&ack=transport");
  }

  @AfterEach
  void stop() {
    good.socket().close();
    gateway.close();
  }

  private RawHttp open(String target, String[] headers) {
    return RawHttp.open(gateway.httpPort(), "GET", target, headers);
  }

  /** The place of the good client is taken, and one more is free. */
  private void assertNothingIsLeft() {
    good.send(Message.newBuilder().setEventId("1").setTo("user:ghost").build());
    assertThat(good.receiveError().getString("code")).isEqualTo("no-such-recipient");
    await()
        .untilAsserted(
            () -> {
              try (RawWebSocket next = RawWebSocket.connect(gateway.httpPort(), "/ws")) {
                assertThat(next.status()).contains("101");
              }
            });
    good.send(Message.newBuilder().setEventId("2").setTo("service:echo").build());
    assertThat(good.receiveAck()).isEqualTo("2");
    assertThat(good.receiveMessage().getReplyTo()).isEqualTo("2");
    assertThat(good.socket().status()).contains("101");
    good.socket().close();
    TestGateway.await(gateway.drain());
  }

  @ParameterizedTest
  @ValueSource(strings = {WEBSOCKET, SOCKET_IO})
  void theHandshakeOfAnEarlierDraftIsRefused(String target) {
    for (int i = 0; i < ATTEMPTS; i++) {
      RawHttp.Response answer = open(target, HIXIE_76).send("\r\n^n:ds[4U").response();
      assertThat(answer.status()).isEqualTo(426);
      assertThat(answer.header("Sec-WebSocket-Version")).isEqualTo("13");
    }
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {WEBSOCKET, SOCKET_IO})
  void anUpgradeWithALongBodyIsRefused(String target) {
    for (int i = 0; i < ATTEMPTS; i++) {
      RawHttp request = open(target, UPGRADE).send("Content-Length: 100000\r\n\r\n");
      assertThat(request.send("x".repeat(8_192)).response().status()).isEqualTo(400);
    }
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {WEBSOCKET, SOCKET_IO})
  void anUpgradeWithABodyThatNeverComesIsRefused(String target) {
    for (int i = 0; i < ATTEMPTS; i++) {
      assertThat(open(target, UPGRADE).send("Content-Length: 1\r\n\r\n").response().status())
          .isEqualTo(400);
      assertThat(
              open(target, UPGRADE).send("Transfer-Encoding: chunked\r\n\r\n").response().status())
          .isEqualTo(400);
    }
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {WEBSOCKET, SOCKET_IO})
  void anUpgradeWithoutAKeyIsRefused(String target) {
    String[] headers = {"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"};
    for (int i = 0; i < ATTEMPTS; i++) {
      assertThat(open(target, headers).send("\r\n").response().status()).isEqualTo(400);
    }
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {WEBSOCKET, SOCKET_IO})
  void clientsThatLeaveAtOnceLeaveNothingBehind(String target) {
    for (int i = 0; i < ATTEMPTS; i++) {
      open(target, UPGRADE).send("\r\n").close();
      open(target, UPGRADE).close();
    }
    // One of them may hold the last place until its end is noticed.
    await()
        .untilAsserted(
            () ->
                assertThat(
                        gateway.node().getJsonObject("connections").stream()
                            .mapToInt(all -> ((Number) all.getValue()).intValue())
                            .sum())
                    .isEqualTo(1));
    assertNothingIsLeft();
  }
}
