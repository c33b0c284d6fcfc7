package io.linkspan.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketEchoServer;
import io.linkspan.translate.BinaryTranslator;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the change of a connection from HTTP to WebSocket, in the middle of what a client sends.
 */
class UpgradesLeaveHttpTest {

  private static final String UPGRADE =
      "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s\r\n";

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = TestGateway.start(Map.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static byte[] frame(int opcode, String text) {
    return RawWebSocket.frame(opcode, true, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] message(String eventId) {
    Message message =
        Message.newBuilder().setEventId(eventId).setTo("service:echo").setType("chat").build();
    return RawWebSocket.frame(RawWebSocket.BINARY, true, BinaryTranslator.encode(message));
  }

  @Test
  void framesInOneSegmentWithTheRequestAreHandled() {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    frames.writeBytes(frame(RawWebSocket.PING, "early"));
    frames.writeBytes(message("e1"));
    try (RawWebSocket socket =
        RawWebSocket.connectWith(
            frames.toByteArray(), gateway.httpPort(), "/ws?user=early&ack=transport")) {
      assertThat(socket.status()).contains(" 101 ");
      assertThat(socket.read().text()).isEqualTo("early");
      assertThat(socket.readData().opcode()).isEqualTo(RawWebSocket.BINARY);
      assertThat(socket.readData().opcode()).isEqualTo(RawWebSocket.BINARY);
    }
  }

  @Test
  void framesBehindTheRequestOfAnEngineIoClientAreHandled() {
    try (RawWebSocket socket =
        RawWebSocket.connectWith(
            frame(RawWebSocket.TEXT, "40"),
            gateway.httpPort(),
            "/socket.io/?EIO=4&transport=websocket")) {
      assertThat(socket.readData().text()).startsWith("0{");
      assertThat(socket.readData().text()).startsWith("40{");
    }
  }

  @Test
  void aFrameThatIsDividedBehindTheRequestIsHandled() {
    byte[] frame = frame(RawWebSocket.PING, "divided");
    try (RawWebSocket socket =
        RawWebSocket.connectWith(new byte[] {frame[0]}, gateway.httpPort(), "/ws?user=divided")) {
      byte[] rest = new byte[frame.length - 1];
      System.arraycopy(frame, 1, rest, 0, rest.length);
      socket.sendBytes(rest);
      assertThat(socket.read().text()).isEqualTo("divided");
    }
  }

  /** More than the gateway reads at once, while the request waits for its answer. */
  @Test
  void manyFramesBehindTheRequestAreHandledInOrder() {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (int i = 0; i < 20_000; i++) {
      frames.writeBytes(frame(RawWebSocket.PING, "ping " + i));
    }
    try (RawWebSocket socket =
        RawWebSocket.connectWith(frames.toByteArray(), gateway.httpPort(), "/ws?user=many")) {
      for (int i = 0; i < 20_000; i++) {
        assertThat(socket.read().text()).isEqualTo("ping " + i);
      }
    }
  }

  @Test
  void aRequestBehindARefusedUpgradeIsAnswered() {
    String refused = UPGRADE.formatted("/ws", "Sec-WebSocket-Version: 99\r\n");
    String next = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";
    try (RawHttp connection = RawHttp.get(gateway.httpPort(), "/nothing")) {
      assertThat(connection.next().status()).isEqualTo(404);
      for (int i = 0; i < 3; i++) {
        connection.send(refused + next + refused + next);
        assertThat(connection.next().status()).isEqualTo(426);
        assertThat(connection.next().status()).isEqualTo(404);
        assertThat(connection.next().status()).isEqualTo(426);
        assertThat(connection.next().status()).isEqualTo(404);
      }
    }
  }

  @Test
  void anUpgradeBehindAnotherRequestIsAnsweredInItsTurn() {
    String upgrade =
        UPGRADE.formatted(
            "/ws?user=behind",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    try (RawHttp connection =
        RawHttp.open(gateway.httpPort(), "GET", "/nothing").send("\r\n" + upgrade)) {
      assertThat(connection.next().status()).isEqualTo(404);
      assertThat(connection.interim())
          .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
          .contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nothing", "/ws", "/socket.io/?EIO=4&transport=polling"})
  void aRequestWithABodyThatAsksForAnUpgradeIsAnswered(String target) {
    try (RawHttp connection =
        RawHttp.open(
                gateway.httpPort(), "POST", target, "Upgrade: websocket", "Connection: Upgrade")
            .send("Content-Length: 2\r\n\r\n4")
            .send("0GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")) {
      assertThat(connection.next().status()).isGreaterThanOrEqualTo(400);
      assertThat(connection.next().status()).isEqualTo(404);
    }
  }

  @Test
  void everyWebSocketIsClosedWithItsServer() {
    Vertx vertx = Vertx.vertx();
    var server = new WebSocketEchoServer("127.0.0.1", 0);
    String id = TestGateway.await(vertx.deployVerticle(server));
    try (RawWebSocket first = RawWebSocket.connect(server.port(), "/");
        RawWebSocket second = RawWebSocket.connect(server.port(), "/")) {
      first.sendText("open");
      assertThat(first.readData().text()).isEqualTo("open");
      TestGateway.await(vertx.undeploy(id));
      for (RawWebSocket socket : new RawWebSocket[] {first, second}) {
        assertThat(socket.read().closeCode()).isEqualTo(1001);
        assertThat(socket.read().closeCode()).isEqualTo(RawWebSocket.ABNORMAL);
      }
    } finally {
      TestGateway.await(vertx.close());
    }
  }
}
