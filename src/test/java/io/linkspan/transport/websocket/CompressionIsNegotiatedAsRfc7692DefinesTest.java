package io.linkspan.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketEchoServer;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests permessage-deflate on an echo that consists of the transports' own classes, with the sizes
 * and settings of the Autobahn cases 12 and 13, which the suite's Maven plugin does not have.
 */
class CompressionIsNegotiatedAsRfc7692DefinesTest {

  private static final String HEADER = "Sec-WebSocket-Extensions: ";
  private static final int COMPRESSED = 0x40;
  private static final int[] SIZES = {0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 131_072};

  private static Vertx vertx;
  private static WebSocketEchoServer server;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    server = new WebSocketEchoServer("127.0.0.1", 0);
    TestGateway.await(vertx.deployVerticle(server));
  }

  @AfterAll
  static void stop() {
    TestGateway.await(vertx.close());
  }

  private static RawWebSocket connect(String... headers) {
    RawWebSocket socket = RawWebSocket.connect(server.port(), "/", headers);
    assertThat(socket.status()).contains(" 101 ");
    return socket;
  }

  /** Returns the extension that was agreed on, or an empty text. */
  private static String agreed(RawWebSocket socket) {
    return socket
        .responseHead()
        .lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(HEADER.toLowerCase(Locale.ROOT)))
        .map(line -> line.substring(HEADER.length()))
        .findAny()
        .orElse("");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permessage-deflate; unknown",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; client_max_window_bits=\"\"",
        "permessage-deflate; client_max_window_bits=99999999999",
        "permessage-deflate; client_max_window_bits=010",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=0",
        "permessage-deflate; server_max_window_bits=-9",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-inflate",
        ";",
        ",,=;\"",
      })
  void invalidOffersAreDeclinedAndTheConnectionGoesOn(String offer) {
    try (RawWebSocket socket = connect(HEADER + offer)) {
      assertThat(agreed(socket)).isEmpty();
      socket.sendText("plain");
      assertThat(socket.readData().text()).isEqualTo("plain");
    }
  }

  @Test
  void theFirstOfferThatCanBeMetIsAccepted() {
    for (String[] offers :
        List.of(
            new String[] {HEADER + "permessage-deflate; unknown, permessage-deflate"},
            new String[] {HEADER + "x-other", HEADER + "permessage-deflate"},
            new String[] {
              HEADER + "permessage-deflate; server_max_window_bits=x",
              HEADER + "permessage-deflate; client_max_window_bits=\"15\""
            })) {
      try (RawWebSocket socket = connect(offers)) {
        assertThat(agreed(socket)).startsWith("permessage-deflate");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "; client_max_window_bits",
        "; client_no_context_takeover",
        "; server_no_context_takeover",
        "; client_no_context_takeover; server_no_context_takeover",
        "; client_max_window_bits=9; server_no_context_takeover",
      })
  void messagesOfEverySizeReturnInOneFrameAndInFragments(String parameters) throws Exception {
    Random random = new Random(7692);
    var deflater = new Deflater(6, true);
    var inflater = new Inflater(true);
    try (RawWebSocket socket = connect(HEADER + "permessage-deflate" + parameters)) {
      String agreed = agreed(socket);
      assertThat(agreed).startsWith("permessage-deflate");
      // Without a context of its own each message can be read by itself.
      boolean clientResets = agreed.contains("client_no_context_takeover");
      boolean serverResets = agreed.contains("server_no_context_takeover");
      for (int size : SIZES) {
        byte[] message = new byte[size];
        for (int i = 0; i < size; i++) {
          message[i] = (byte) ('a' + random.nextInt(4));
        }
        for (boolean fragments : new boolean[] {false, true}) {
          byte[] compressed = deflate(deflater, message);
          int cut = fragments ? random.nextInt(compressed.length) : compressed.length;
          socket.send(RawWebSocket.TEXT | COMPRESSED, !fragments, Arrays.copyOf(compressed, cut));
          if (fragments) {
            byte[] rest = Arrays.copyOfRange(compressed, cut, compressed.length);
            socket.send(RawWebSocket.CONTINUATION, true, rest);
          }
          byte[] echo = inflate(inflater, socket.readData().payload());
          assertThat(Arrays.equals(echo, message)).as("%s, %s bytes", agreed, size).isTrue();
          if (clientResets) {
            deflater.reset();
          }
          if (serverResets) {
            inflater.reset();
          }
        }
      }
    } finally {
      deflater.end();
      inflater.end();
    }
  }

  /** Every byte of the message is a fragment, so that most of them end within a block. */
  @Test
  void fragmentsMayEndWithinABlock() throws Exception {
    var deflater = new Deflater(9, true);
    var inflater = new Inflater(true);
    try (RawWebSocket socket = connect(HEADER + "permessage-deflate")) {
      byte[] message = "fragments may end within a block".getBytes(StandardCharsets.UTF_8);
      byte[] compressed = deflate(deflater, message);
      for (int i = 0; i < compressed.length; i++) {
        int opcode = i == 0 ? RawWebSocket.BINARY | COMPRESSED : RawWebSocket.CONTINUATION;
        socket.send(opcode, i == compressed.length - 1, new byte[] {compressed[i]});
      }
      assertThat(inflate(inflater, socket.readData().payload())).isEqualTo(message);
    } finally {
      deflater.end();
      inflater.end();
    }
  }

  @Test
  void aMessageMayEndWithAFinalBlock() throws Exception {
    var inflater = new Inflater(true);
    try (RawWebSocket socket = connect(HEADER + "permessage-deflate")) {
      for (int i = 0; i < 3; i++) {
        byte[] message = ("a final block " + i).getBytes(StandardCharsets.UTF_8);
        var deflater = new Deflater(9, true);
        deflater.setInput(message);
        deflater.finish();
        // The example of section 7.2.3.4 ends with an empty block too.
        byte[] compressed = new byte[100];
        int length = deflater.deflate(compressed) + 1;
        deflater.end();
        socket.send(RawWebSocket.BINARY | COMPRESSED, true, Arrays.copyOf(compressed, length));
        assertThat(inflate(inflater, socket.readData().payload())).isEqualTo(message);
      }
    } finally {
      inflater.end();
    }
  }

  /** Removes the empty block at the end (RFC 7692, section 7.2.1). */
  private static byte[] deflate(Deflater deflater, byte[] message) {
    deflater.setInput(message);
    byte[] out = new byte[message.length + 64];
    int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    // Nothing is left to flush for an empty message (section 7.2.3.6).
    return length == 0 ? new byte[] {0} : Arrays.copyOf(out, length - 4);
  }

  private static byte[] inflate(Inflater inflater, byte[] payload) throws DataFormatException {
    byte[] whole = Arrays.copyOf(payload, payload.length + 4);
    whole[payload.length + 2] = -1;
    whole[payload.length + 3] = -1;
    inflater.setInput(whole);
    var out = new ByteArrayOutputStream();
    byte[] part = new byte[8192];
    for (int length; (length = inflater.inflate(part)) > 0; ) {
      out.write(part, 0, length);
    }
    return out.toByteArray();
  }
}
