package io.linkspan.hostile;

import io.linkspan.api.Message;
import io.linkspan.testing.Flood;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TcpTestClient;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Clients that ask again and again and never read the answers. Each kind of answer is written by
 * another part of the gateway; all of them are bounded.
 */
class UnreadOutputTest {

  private static final int ATTACKERS = 8;
  private static final long BOUND = 16L * 1024 * 1024;

  private Siege siege;

  @AfterEach
  void stop() {
    siege.close();
  }

  private void start(String... settings) {
    Map<String, String> all = new java.util.HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    siege = Siege.start(all);
  }

  private int http() {
    return siege.gateway().httpPort();
  }

  private void assertBounded() {
    siege.assertHoldsWithin(BOUND);
    siege.assertRecovers();
  }

  @Test
  void pipelinedRequestsForAPage() {
    start();
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(Flood.connect(http()).of("GET / HTTP/1.1\r\n\r\n"));
    }
    assertBounded();
  }

  @Test
  void pipelinedRequestsThatAreRefused() {
    start();
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(Flood.connect(http()).of("GET /socket.io/?EIO=9 HTTP/1.1\r\n\r\n"));
    }
    assertBounded();
  }

  @Test
  void pipelinedRequestsOfTheManagementApi() {
    start();
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(
          Flood.connect(siege.gateway().managementPort())
              .of("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }
    assertBounded();
  }

  @Test
  void pings() {
    start();
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(
          Flood.upgrade(http(), "/ws")
              .of(RawWebSocket.frame(RawWebSocket.PING, true, new byte[125])));
    }
    assertBounded();
  }

  @Test
  void emptyPings() {
    start();
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(
          Flood.upgrade(http(), "/ws")
              .of(RawWebSocket.frame(RawWebSocket.PING, true, new byte[0])));
    }
    assertBounded();
  }

  @Test
  void pingsBelowEngineIo() {
    start();
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(
          Flood.upgrade(http(), "/socket.io/?EIO=4&transport=websocket")
              .of(RawWebSocket.frame(RawWebSocket.PING, true, new byte[125])));
    }
    assertBounded();
  }

  @Test
  void heartbeatsOfOldClients() {
    start();
    byte[] check =
        "{\"module\":\"HEART_CHECK\",\"message\":\"x\"}".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(
          Flood.upgrade(http(), "/ws").of(RawWebSocket.frame(RawWebSocket.TEXT, true, check)));
    }
    assertBounded();
  }

  @Test
  void messagesOverWebSocket() {
    start();
    byte[] request = echo();
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(
          Flood.upgrade(http(), "/ws?ack=transport")
              .of(RawWebSocket.frame(RawWebSocket.BINARY, true, request)));
    }
    assertBounded();
  }

  @Test
  void framesThatAreRefused() {
    start("limits.malformed", "0");
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(
          Flood.upgrade(http(), "/ws")
              .of(RawWebSocket.frame(RawWebSocket.BINARY, true, new byte[1])));
    }
    assertBounded();
  }

  @Test
  void messagesOverTcp() {
    start("tcp.enabled", "true");
    byte[] frame = TcpTestClient.frame(echo());
    for (int i = 0; i < ATTACKERS; i++) {
      siege.add(Flood.connect(siege.gateway().tcpPort()).of(frame));
    }
    assertBounded();
  }

  private static byte[] echo() {
    return io.linkspan.testing.WebSocketTestClient.frame(
        11, Message.newBuilder().setTo("service:echo").setBody("x").build().toByteArray());
  }
}
