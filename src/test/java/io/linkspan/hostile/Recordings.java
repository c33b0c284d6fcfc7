package io.linkspan.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.Bombs;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.WebSocketTestClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.Deflater;

/** Bytes that honest clients send, as one recording for each thing that a listener reads. */
final class Recordings {

  private static final int ACK = 10;
  private static final int MESSAGE = 11;
  private static final String MESSAGE_ID = "recorded";

  private static final Message ECHO =
      Message.newBuilder()
          .setEventId(MESSAGE_ID)
          .setTo("service:echo")
          .setType("text")
          .setBody("hello, how are you?")
          .putHeaders("a", "b")
          .addAttachments(ByteString.copyFromUtf8("attached"))
          .build();

  private static final List<Message> MESSAGES =
      List.of(
          ECHO,
          ECHO.toBuilder().setTo("user:nobody").build(),
          ECHO.toBuilder().setTo("group:all").build(),
          ECHO.toBuilder().setTo("service:none").build(),
          ECHO.toBuilder().setTo("").setType("join_group").setBody("[\"a\",\"b\"]").build(),
          ECHO.toBuilder().setTo("").setType("leave_group").setBody("a").build(),
          Message.newBuilder()
              .setEventId("auth")
              .setType("auth")
              .setBody("recorded")
              .putHeaders("session", "")
              .putHeaders("ack", "client")
              .build());

  private static final List<byte[]> DATAGRAMS = readDatagrams();

  private final Random random;
  private final Damage damage;

  Recordings(Random random, Damage damage) {
    this.random = random;
    this.damage = damage;
  }

  /** Reads columns of hexadecimal behind a name. */
  private static List<byte[]> readDatagrams() {
    try (var in =
        Objects.requireNonNull(Recordings.class.getResourceAsStream("/enet/captures.txt"))) {
      return new String(in.readAllBytes(), ISO_8859_1)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .map(line -> line.substring(line.indexOf(' ')).replace(" ", ""))
          .map(HexFormat.of()::parseHex)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private <T> T any(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private Message message() {
    return any(MESSAGES);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static String json(Message message) {
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns a content of the binary frames, whole or damaged. */
  private byte[] binary() {
    byte[] content =
        random.nextInt(5) == 0
            ? WebSocketTestClient.frame(
                ACK, AckMessage.newBuilder().setEventId(MESSAGE_ID).build().toByteArray())
            : WebSocketTestClient.frame(MESSAGE, message().toByteArray());
    return damage.of(content);
  }

  /** Returns a datagram of the C library. */
  byte[] datagram() {
    return any(DATAGRAMS);
  }

  /** Returns a payload of ENet. */
  byte[] enet() {
    return binary();
  }

  /** Returns a request, and more of them behind it. */
  byte[] http() {
    String requests =
        any(
            List.of(
                "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                head(
                    "OPTIONS /socket.io/?EIO=4&transport=polling HTTP/1.1",
                    "Host: 127.0.0.1",
                    "Origin: http://127.0.0.1",
                    "Access-Control-Request-Method: POST"),
                head("POST /x HTTP/1.1", "Host: 127.0.0.1", "Transfer-Encoding: chunked")
                    + "5\r\nhello\r\n0\r\n\r\n",
                head(
                        "PUT /ws HTTP/1.1",
                        "Host: 127.0.0.1",
                        "Expect: 100-continue",
                        "Content-Length: 3")
                    + "abc"));
    return ascii(requests);
  }

  private static String head(String... lines) {
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  /** Returns a request of one of the methods of Engine.IO below a session. */
  byte[] polling(String sid, int generation) {
    String head =
        " /socket.io/?EIO=" + generation + "&transport=polling&sid=" + sid + " HTTP/1.1\r\n";
    if (random.nextInt(3) == 0) {
      return ascii("GET" + head + "Host: 127.0.0.1\r\n\r\n");
    }
    byte[] body = damage.of(ascii(generation == 4 ? packets() : "2:40" + "2:41" + "1:2"));
    return Damage.joined(
        ascii("POST" + head + "Host: 127.0.0.1\r\nContent-Length: " + body.length + "\r\n\r\n"),
        body);
  }

  private String packets() {
    String event = "42[\"message\"," + json(message()) + "]";
    return any(
        List.of(
            "40",
            "40\u001e" + event,
            event + "\u001e41",
            "40\u001e451-[\"x\",{\"_placeholder\":true,\"num\":0}]\u001ebAQIDBA==",
            "420[\"a\"]\u001e430[1]\u001e3",
            "2probe\u001e5"));
  }

  /** Returns an upgrade with frames behind it. */
  byte[] webSocket() {
    byte[] all = upgrade("/ws?user=recorded&ack=client", random.nextBoolean());
    for (int i = random.nextInt(4); i >= 0; i--) {
      all = Damage.joined(all, damage.of(frame(binary())));
    }
    return all;
  }

  private byte[] frame(byte[] content) {
    byte[] half = Arrays.copyOf(content, content.length / 2);
    byte[] rest = Arrays.copyOfRange(content, half.length, content.length);
    return switch (random.nextInt(7)) {
      case 0 ->
          Damage.joined(
              RawWebSocket.frame(RawWebSocket.BINARY, false, half),
              RawWebSocket.frame(RawWebSocket.PING, true, new byte[10]),
              RawWebSocket.frame(RawWebSocket.CONTINUATION, true, rest));
      case 1 -> RawWebSocket.frame(RawWebSocket.TEXT, true, ascii(json(message())));
      case 2 -> RawWebSocket.frame(RawWebSocket.CLOSE, true, new byte[] {3, (byte) 0xE8});
      case 3 -> Bombs.frame();
      default -> RawWebSocket.frame(RawWebSocket.BINARY, true, content);
    };
  }

  /** Returns an upgrade of Engine.IO with packets behind it. */
  byte[] socketIo() {
    byte[] all =
        upgrade("/socket.io/?EIO=" + (3 + random.nextInt(2)) + "&transport=websocket", false);
    all = Damage.joined(all, RawWebSocket.frame(RawWebSocket.TEXT, true, ascii("40")));
    for (String packet : packets().split("\u001e", -1)) {
      all =
          Damage.joined(all, RawWebSocket.frame(RawWebSocket.TEXT, true, damage.of(ascii(packet))));
    }
    return Damage.joined(all, RawWebSocket.frame(RawWebSocket.BINARY, true, damage.noise()));
  }

  private static byte[] upgrade(String target, boolean compressed) {
    return ascii(
        "GET "
            + target
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + (compressed ? Bombs.EXTENSION + "\r\n" : "")
            + "\r\n");
  }

  /** Returns frames behind lengths of four bytes. */
  byte[] lengths() {
    return Damage.joined(
        TcpTestClient.frame(binary()),
        TcpTestClient.frame(binary()),
        TcpTestClient.frame(binary()));
  }

  /** Returns JSON with delimiters. */
  byte[] lines(String delimiter) {
    return Damage.joined(
        damage.of(ascii(json(message()))),
        ascii(delimiter),
        damage.of(ascii(json(message()) + delimiter)));
  }

  /** Returns frames of which all bytes are compressed. */
  byte[] compressed() {
    var deflater = new Deflater();
    deflater.setInput(lengths());
    byte[] out = new byte[4_096];
    int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return Arrays.copyOf(out, length);
  }

  /** Returns requests to the management port. */
  byte[] management() {
    byte[] body = damage.of(ascii(json(message())));
    String head =
        any(
            List.of(
                "GET /health/ready",
                "GET /metrics",
                "GET /v1/node",
                "GET /v1/sessions?limit=3",
                "GET /v1/groups/all",
                "DELETE /v1/sessions/none",
                "POST /v1/messages?timeout=10ms"));
    return Damage.joined(
        ascii(
            head
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length
                + "\r\n\r\n"),
        body);
  }
}
