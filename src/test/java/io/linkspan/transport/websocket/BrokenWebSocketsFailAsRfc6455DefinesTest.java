package io.linkspan.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.Patience;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests how WebSockets end, as RFC 6455 §5.5.1, §7 and §8.1 define it, on both transports. */
class BrokenWebSocketsFailAsRfc6455DefinesTest {

  /** A transport that speaks WebSocket. */
  enum Wire {
    WEBSOCKET("/ws?ack=transport"),
    ENGINE_IO("/socket.io/?EIO=4&transport=websocket");

    private final String target;

    Wire(String target) {
      this.target = target;
    }
  }

  private static final int CLEAN = 1000;
  private static final int PROTOCOL_ERROR = 1002;
  private static final int NO_CODE = 1005;
  private static final int INVALID_PAYLOAD = 1007;
  private static final byte[] EMPTY = {};
  private static final byte[] INVALID_TEXT = {'a', (byte) 0xED, (byte) 0xA0, (byte) 0x80};

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    // A failed connection must not need the time that a client has to answer a close frame.
    gateway =
        TestGateway.start(Map.of("limits.closeTimeout", "10m", "websocket.compression", "true"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static RawWebSocket open(Wire wire, String... headers) {
    RawWebSocket socket = RawWebSocket.connect(gateway.httpPort(), wire.target, headers);
    if (wire == Wire.ENGINE_IO) {
      // The open packet.
      assertThat(socket.readData().opcode()).isEqualTo(RawWebSocket.TEXT);
    }
    return socket;
  }

  private static void assertFails(Wire wire, int code, Consumer<RawWebSocket> breach) {
    try (RawWebSocket socket = open(wire)) {
      breach.accept(socket);
      assertThat(socket.readUntilClosed()).isEqualTo(code);
      assertThat(socket.read().closeCode()).as("TCP ends").isEqualTo(RawWebSocket.ABNORMAL);
    }
  }

  private static byte[] closeFrame(int code, byte... reason) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(code >> 8);
    body.write(code);
    body.writeBytes(reason);
    return RawWebSocket.frame(RawWebSocket.CLOSE, true, body.toByteArray());
  }

  @ParameterizedTest
  @EnumSource
  void framesThatAreNotAllowedFailWith1002(Wire wire) {
    List<byte[]> breaches = new ArrayList<>();
    breaches.add(new byte[] {(byte) 0x82, 1, 0});
    for (int reserved : new int[] {0x10, 0x20, 0x40, 0x70}) {
      breaches.add(RawWebSocket.frame(RawWebSocket.BINARY | reserved, true, EMPTY));
      breaches.add(RawWebSocket.frame(RawWebSocket.PING | reserved, true, EMPTY));
    }
    for (int opcode : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
      breaches.add(RawWebSocket.frame(opcode, true, EMPTY));
    }
    for (int control : new int[] {RawWebSocket.CLOSE, RawWebSocket.PING, RawWebSocket.PONG}) {
      breaches.add(RawWebSocket.frame(control, false, EMPTY));
      breaches.add(RawWebSocket.frame(control, true, new byte[126]));
    }
    breaches.add(RawWebSocket.frame(RawWebSocket.CONTINUATION, true, EMPTY));
    breaches.add(RawWebSocket.frame(RawWebSocket.CONTINUATION, false, EMPTY));
    for (byte[] breach : breaches) {
      assertFails(wire, PROTOCOL_ERROR, socket -> socket.sendBytes(breach));
    }
    assertFails(
        wire,
        PROTOCOL_ERROR,
        socket -> {
          socket.send(RawWebSocket.BINARY, false, EMPTY);
          socket.send(RawWebSocket.PING, true, EMPTY);
          socket.send(RawWebSocket.TEXT, true, EMPTY);
        });
  }

  @ParameterizedTest
  @EnumSource
  void textThatIsNotUtf8FailsWith1007AtTheFragmentThatBreaksIt(Wire wire) {
    assertFails(
        wire, INVALID_PAYLOAD, socket -> socket.send(RawWebSocket.TEXT, true, INVALID_TEXT));
    assertFails(
        wire, INVALID_PAYLOAD, socket -> socket.send(RawWebSocket.TEXT, false, INVALID_TEXT));
    assertFails(
        wire,
        INVALID_PAYLOAD,
        socket -> {
          socket.send(RawWebSocket.TEXT, false, new byte[] {(byte) 0xF4});
          socket.send(RawWebSocket.CONTINUATION, false, new byte[] {(byte) 0x90});
        });
    assertFails(
        wire,
        INVALID_PAYLOAD,
        socket -> {
          socket.send(RawWebSocket.TEXT, false, new byte[] {(byte) 0xE2, (byte) 0x82});
          socket.send(RawWebSocket.CONTINUATION, true, EMPTY);
        });
  }

  @ParameterizedTest
  @EnumSource
  void closeFramesThatMayNotBeSentFailWith1002(Wire wire) {
    int[] codes = {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32_768, 65_535};
    for (int code : codes) {
      assertFails(wire, PROTOCOL_ERROR, socket -> socket.sendBytes(closeFrame(code)));
    }
    assertFails(
        wire, PROTOCOL_ERROR, socket -> socket.send(RawWebSocket.CLOSE, true, new byte[] {3}));
    assertFails(wire, PROTOCOL_ERROR, socket -> socket.sendBytes(closeFrame(CLEAN, INVALID_TEXT)));
  }

  @ParameterizedTest
  @EnumSource
  void closeFramesAreEchoedAndNothingAfterThemIsRead(Wire wire) {
    IntStream codes =
        IntStream.of(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999);
    codes.forEach(
        code -> {
          try (RawWebSocket socket = open(wire)) {
            socket.sendBytes(closeFrame(code, "bye".getBytes(StandardCharsets.UTF_8)));
            assertThat(socket.read().closeCode()).isEqualTo(code);
            assertThat(socket.read().closeCode()).isEqualTo(RawWebSocket.ABNORMAL);
          }
        });
    try (RawWebSocket socket = open(wire)) {
      socket.send(RawWebSocket.CLOSE, true, EMPTY);
      assertThat(socket.read().closeCode()).isIn(NO_CODE, CLEAN);
    }
    try (RawWebSocket socket = open(wire)) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.writeBytes(closeFrame(CLEAN));
      bytes.writeBytes(RawWebSocket.frame(RawWebSocket.PING, true, EMPTY));
      bytes.writeBytes(RawWebSocket.frame(RawWebSocket.TEXT, true, INVALID_TEXT));
      socket.sendBytes(bytes.toByteArray());
      assertThat(socket.read().closeCode()).isEqualTo(CLEAN);
      assertThat(socket.read().closeCode()).isEqualTo(RawWebSocket.ABNORMAL);
    }
  }

  @Test
  void damagedCompressionFailsWith1007() {
    String offer = "Sec-WebSocket-Extensions: permessage-deflate";
    for (Wire wire : Wire.values()) {
      try (RawWebSocket socket = open(wire, offer)) {
        assertThat(socket.responseHead()).containsIgnoringCase("permessage-deflate");
        // A block of the reserved type 3.
        socket.send(RawWebSocket.BINARY | 0x40, true, new byte[] {7, 7, 7, 7});
        assertThat(socket.readUntilClosed()).isEqualTo(INVALID_PAYLOAD);
      }
    }
  }

  @Test
  void eventsNameTheBreach() throws Exception {
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    try (RawWebSocket framing = RawWebSocket.connect(gateway.httpPort(), "/ws?user=framing");
        RawWebSocket text = RawWebSocket.connect(gateway.httpPort(), "/ws?user=text")) {
      framing.sendBytes(RawWebSocket.frame(0x3, true, EMPTY));
      assertThat(reasonFor("framing", disconnects)).isEqualTo("protocol-error");
      text.send(RawWebSocket.TEXT, true, INVALID_TEXT);
      assertThat(reasonFor("text", disconnects)).isEqualTo("invalid-payload");
    }
  }

  private static String reasonFor(String user, BlockingQueue<JsonObject> events)
      throws InterruptedException {
    while (true) {
      JsonObject event = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
      if (event == null || user.equals(event.getString("user"))) {
        return event == null ? "no event" : event.getString("reason");
      }
    }
  }
}
