package io.linkspan.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that everything received before a client's own end is passed on, in order, on plain
 * WebSocket and Socket.IO.
 */
class WebSocketCleanEndLosesNoMessageTest {

  private static final int MESSAGES = 500;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<String> received = new CopyOnWriteArrayList<>();
  private TestGateway gateway;
  private BlockingQueue<JsonObject> disconnects;

  @BeforeEach
  void start() {
    gateway = TestGateway.start(Map.of("limits.inFlight", "8", "socketio.recovery", "false"));
    disconnects = gateway.disconnects();
    // Answers later, so that most Messages wait in the session's inbox.
    gateway
        .vertx()
        .eventBus()
        .<Message>consumer(
            "inbound",
            request ->
                gateway
                    .vertx()
                    .setTimer(
                        1,
                        id -> {
                          received.add(request.body().getBody());
                          request.reply(null);
                        }));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static byte[] text(String packet) {
    return RawWebSocket.frame(RawWebSocket.TEXT, true, packet.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] close() {
    return RawWebSocket.frame(RawWebSocket.CLOSE, true, new byte[] {3, (byte) 0xE8});
  }

  private void assertAllWereReceivedBeforeTheSessionEnded(String reason)
      throws InterruptedException {
    JsonObject event = disconnects.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    assertThat(event.getString("reason")).isEqualTo(reason);
    await().atMost(PATIENCE).until(() -> received.size() == MESSAGES);
    assertThat(received)
        .containsExactlyElementsOf(IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList());
    await().atMost(PATIENCE).until(() -> gateway.node().getInteger("sessions") == 0);
  }

  private static byte[] webSocketMessages() {
    var frames = new ByteArrayOutputStream();
    for (int i = 0; i < MESSAGES; i++) {
      Message message = Message.newBuilder().setEventId("e" + i).setBody("m" + i).build();
      byte[] frame = WebSocketTestClient.frame(11, message.toByteArray());
      frames.writeBytes(RawWebSocket.frame(RawWebSocket.BINARY, true, frame));
    }
    return frames.toByteArray();
  }

  @Test
  void closeOfAWebSocketIsEchoedAtOnceAndEndsTheSessionAfterItsMessages() throws Exception {
    try (RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), "/ws?user=a")) {
      socket.sendBytes(webSocketMessages());
      socket.sendBytes(close());
      assertThat(socket.readUntilClosed()).isEqualTo(1000);
      assertAllWereReceivedBeforeTheSessionEnded("normal");
    }
  }

  @Test
  void lostConnectionDoesNotWait() throws Exception {
    try (RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), "/ws?user=a")) {
      socket.sendBytes(webSocketMessages());
      await().atMost(PATIENCE).until(() -> !received.isEmpty());
    }
    JsonObject event = disconnects.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    assertThat(event.getString("reason")).isEqualTo("connection-lost");
  }

  private static byte[] socketIoMessages() {
    var frames = new ByteArrayOutputStream();
    for (int i = 0; i < MESSAGES; i++) {
      frames.writeBytes(
          text("42[\"message\",{\"eventId\":\"e" + i + "\",\"body\":\"m" + i + "\"}]"));
    }
    return frames.toByteArray();
  }

  private RawWebSocket joined() {
    RawWebSocket socket =
        RawWebSocket.connect(gateway.httpPort(), "/socket.io/?EIO=4&transport=websocket&user=a");
    socket.readData();
    socket.sendText("40");
    assertThat(socket.readData().text()).startsWith("40{");
    return socket;
  }

  /** A DISCONNECT of the only namespace, as {@code socket.disconnect()} sends, and what follows. */
  @ParameterizedTest
  @ValueSource(strings = {"nothing", "close packet", "close frame"})
  void leavingTheLastNamespaceEndsTheSessionAfterItsMessages(String then) throws Exception {
    try (RawWebSocket socket = joined()) {
      socket.sendBytes(socketIoMessages());
      socket.sendBytes(text("41"));
      switch (then) {
        case "close packet" -> socket.sendBytes(text("1"));
        case "close frame" -> socket.sendBytes(close());
        default -> {
          // The link stays open.
        }
      }
      assertAllWereReceivedBeforeTheSessionEnded("normal");
    }
  }

  @Test
  void cutAfterLeavingTheLastNamespaceLosesNothing() throws Exception {
    try (RawWebSocket socket = joined()) {
      socket.sendBytes(socketIoMessages());
      socket.sendBytes(text("41"));
      await().atMost(PATIENCE).until(() -> !received.isEmpty());
    }
    assertAllWereReceivedBeforeTheSessionEnded("normal");
  }

  @Test
  void clientThatJoinsAgainIsAnsweredAfterTheMessagesOfItsFormerSession() throws Exception {
    try (RawWebSocket socket =
        RawWebSocket.connect(gateway.httpPort(), "/socket.io/?EIO=4&transport=websocket&user=a")) {
      socket.readData();
      socket.sendText("40");
      socket.readData();
      socket.sendBytes(socketIoMessages());
      socket.sendBytes(text("41"));
      socket.sendBytes(text("40"));
      assertThat(socket.readData().text()).startsWith("40{");
      assertThat(received).hasSize(MESSAGES);
      JsonObject event = disconnects.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(event).isNotNull();
      assertThat(event.getString("reason")).isEqualTo("normal");
      assertThat(gateway.node().getInteger("sessions")).isEqualTo(1);
    }
  }
}
