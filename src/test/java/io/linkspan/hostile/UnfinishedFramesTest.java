package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.memory.MemoryUse;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many connections with a frame that never ends, on TCP and WebSocket at the same time. */
class UnfinishedFramesTest {

  private static final int CONNECTIONS = 40;
  private static final int FRAME = 1_000_000;
  private static final int PART = 20_000;

  private PressedGateway pressed;

  @BeforeEach
  void start() {
    pressed = PressedGateway.start("memory.heap", "4MiB", "session.grace", "0s");
  }

  @AfterEach
  void stop() {
    pressed.close();
  }

  /** Begins a frame on a new connection; returns what sends more of it. */
  private Consumer<byte[]> beginOverTcp(int number) {
    RawTcp tcp = pressed.add(RawTcp.connect(pressed.gateway().tcpPort()));
    TcpTestClient.ofLengths(tcp).authenticate("hostile-tcp" + number, "client");
    tcp.send(ByteBuffer.allocate(4).putInt(FRAME).array());
    return tcp::send;
  }

  private Consumer<byte[]> beginOverWebSocket(int number) {
    RawWebSocket socket =
        pressed
            .add(
                WebSocketTestClient.connect(
                    pressed.gateway().httpPort(), "user=hostile-ws" + number))
            .socket();
    socket.sendBytes(RawWebSocket.frameHead(RawWebSocket.BINARY, true, FRAME));
    return socket::sendBytes;
  }

  @Test
  void areChargedAndThoseThatHoldMostAreClosed() {
    BlockingQueue<JsonObject> ended = pressed.gateway().disconnects();
    List<Consumer<byte[]>> attackers = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      attackers.add(beginOverTcp(i));
      attackers.add(beginOverWebSocket(i));
    }
    attackers.forEach(attacker -> attacker.accept(new byte[PART]));
    pressed.until(
        "charge of all frames",
        () -> pressed.charged(MemoryUse.ASSEMBLY) >= 2 * CONNECTIONS * (PART - 4_096.0));
    assertThat(pressed.shed()).isZero();
    while (ended.isEmpty()) {
      for (Consumer<byte[]> attacker : attackers) {
        sendTo(attacker);
      }
      pressed.serve();
    }
    pressed.until("less memory", () -> pressed.charged(MemoryUse.ASSEMBLY) < 0.85 * (4 << 20));
    for (JsonObject end = ended.poll(); end != null; end = ended.poll()) {
      assertThat(end.getString("user")).startsWith("hostile");
      assertThat(end.getString("reason")).isEqualTo("slow-consumer");
    }
    pressed.assertReturnsToTheStart();
  }

  private static void sendTo(Consumer<byte[]> attacker) {
    try {
      attacker.accept(new byte[PART / 4]);
    } catch (UncheckedIOException closed) {
      // It is one of those that were closed.
    }
  }
}
