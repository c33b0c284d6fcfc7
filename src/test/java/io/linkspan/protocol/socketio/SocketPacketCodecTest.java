package io.linkspan.protocol.socketio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.engineio.EnginePacket;
import io.linkspan.protocol.engineio.Generation;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets against what the reference parsers wrote (socketio/packets.json), and broken ones. */
class SocketPacketCodecTest {

  static List<JsonObject> goldenPackets() throws IOException {
    try (InputStream file =
        SocketPacketCodecTest.class.getResourceAsStream("/socketio/packets.json")) {
      return new JsonArray(Buffer.buffer(file.readAllBytes()))
          .stream().map(JsonObject.class::cast).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("goldenPackets")
  void encodesAsTheReferenceDoes(JsonObject golden) {
    JsonArray data = withBuffers(golden.getJsonArray("data"));
    String namespace = golden.getString("nsp");
    long id = golden.getLong("id");
    EncodedPacket encoded;
    if (golden.getString("type").equals("ack")) {
      encoded = EncodedPacket.ack(namespace, id, Arguments.of(data));
    } else {
      String name = data.getString(0);
      data.remove(0);
      encoded = EncodedPacket.event(namespace, id, name, Arguments.of(data));
    }
    // The reference escapes no less and no more than JSON demands, and neither do we.
    assertThat(encoded.header().text().replace("\\u000a", "\\n"))
        .isEqualTo(golden.getString("text"));
    assertThat(encoded.attachments().stream().map(packet -> base64(packet.data())).toList())
        .isEqualTo(golden.getJsonArray("attachments").getList());
  }

  @ParameterizedTest
  @MethodSource("goldenPackets")
  void decodesWhatTheReferenceWrote(JsonObject golden) {
    Generation generation = golden.getInteger("revision") == 5 ? Generation.V4 : Generation.V3;
    SocketPacket packet = decode(new SocketDecoder(generation, 1_000_000), golden);
    JsonArray data = withBuffers(golden.getJsonArray("data"));
    assertThat(packet.namespace()).isEqualTo(golden.getString("nsp"));
    if (packet instanceof SocketPacket.Event event) {
      assertThat(event.ackId()).isEqualTo(golden.getLong("id"));
      assertThat(event.name()).isEqualTo(data.getString(0));
      data.remove(0);
      assertThat((Object) event.arguments().values().getList()).isEqualTo(data.getList());
    } else {
      var ack = (SocketPacket.Ack) packet;
      assertThat(ack.ackId()).isEqualTo(golden.getLong("id"));
      assertThat((Object) ack.arguments().values().getList()).isEqualTo(data.getList());
    }
  }

  @ParameterizedTest
  @MethodSource("goldenPackets")
  void everyTruncationAndEveryFlippedBitIsDecodedOrRefused(JsonObject golden) {
    String text = "4" + golden.getString("text");
    for (int i = 1; i < text.length(); i++) {
      decodeAnything(text.substring(0, i));
      for (int bit = 0; bit < 16; bit++) {
        char flipped = (char) (text.charAt(i) ^ 1 << bit);
        decodeAnything(text.substring(0, i) + flipped + text.substring(i + 1));
      }
    }
  }

  @Test
  void partsOfAPacketAreFound() {
    assertThat(decode("42[\"x\"]")).isEqualTo(event("/", -1, "x", "[]"));
    assertThat(decode("42/admin,[\"x\"]")).isEqualTo(event("/admin", -1, "x", "[]"));
    assertThat(decode("4212[\"x\"]")).isEqualTo(event("/", 12, "x", "[]"));
    assertThat(decode("42/admin,0[\"x\",1]")).isEqualTo(event("/admin", 0, "x", "[1]"));
    assertThat(decode("42/,7[\"x\"]")).isEqualTo(event("/", 7, "x", "[]"));
    assertThat(decode("430[]")).isEqualTo(new SocketPacket.Ack("/", 0, Arguments.NONE));
    assertThat(decode("40")).isEqualTo(new SocketPacket.Connect("/", null, null));
    assertThat(decode("40{\"token\":\"x\"}"))
        .isEqualTo(new SocketPacket.Connect("/", null, "{\"token\":\"x\"}"));
    assertThat(decode("40/admin")).isEqualTo(new SocketPacket.Connect("/admin", null, null));
    assertThat(decode("40/admin,{}")).isEqualTo(new SocketPacket.Connect("/admin", null, "{}"));
    assertThat(decode("40/dyn-1?a=1,"))
        .isEqualTo(new SocketPacket.Connect("/dyn-1?a=1", null, null));
    assertThat(decode("41/admin,")).isEqualTo(new SocketPacket.Disconnect("/admin"));
  }

  @Test
  void oldClientPutsAQueryBehindTheNamespace() {
    var decoder = new SocketDecoder(Generation.V3, 1_000);
    assertThat(decoder.decode(text("40/admin?token=123&x=y,")))
        .isEqualTo(new SocketPacket.Connect("/admin", "token=123&x=y", null));
    assertThat(decoder.decode(text("40/admin?token=123")))
        .isEqualTo(new SocketPacket.Connect("/admin", "token=123", null));
    assertThat(decoder.decode(text("42/admin?a=1,[\"x?\"]")))
        .isEqualTo(event("/admin", -1, "x?", "[]"));
    assertThat(decoder.decode(text("42[\"x?\"]"))).isEqualTo(event("/", -1, "x?", "[]"));
    assertThat(decoder.decode(text("40/a,\"anything\"")))
        .isEqualTo(new SocketPacket.Connect("/a", null, null));
  }

  @Test
  void argumentsStayAsTheyCame() {
    String json = "[ 1.0, 1e2,{\"b\":1,\"a\" : 12345678901234567890} ,\"\\u20ac\",[]]";
    var event = (SocketPacket.Event) decode("42[ \"x\" ," + json.substring(1) + " ");
    assertThat(event.arguments().json()).isEqualTo(json);
    assertThat(EncodedPacket.event("/", -1, "x", event.arguments()).header().text())
        .isEqualTo("2[\"x\"," + json.substring(1));
  }

  @Test
  void nameMayBeANumberOrEscaped() {
    assertThat(decode("42[12,1]")).isEqualTo(event("/", -1, "12", "[1]"));
    assertThat(decode("42[\"a\\u0062\\n\\\"\"]")).isEqualTo(event("/", -1, "ab\n\"", "[]"));
    assertThat(decode("42[\"__proto__\"]")).isEqualTo(event("/", -1, "__proto__", "[]"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4",
        "4abc",
        "47",
        "42",
        "43",
        "42{}",
        "42abc[\"x\"]",
        "42[]",
        "42[",
        "42[\"a\",",
        "42[\"a\"",
        "42[\"x\"]z",
        "42[null]",
        "42[{}]",
        "42[true]",
        "42[\"x\",]",
        "42[\"x\" 1]",
        "42[\"x\",NaN]",
        "42[\"x\",Infinity]",
        "42[\"x\",01]",
        "42[\"x\",1.]",
        "42[\"x\",.5]",
        "42[\"x\",+1]",
        "42[\"x\",-]",
        "42[\"x\",1e]",
        "42[\"x\",\"\\x\"]",
        "42[\"x\",\"\\u12g4\"]",
        "42[\"x\",\"\n\"]",
        "42[\"x\",'y']",
        "42[\"x\",{a:1}]",
        "42[\"x\",{\"a\"}]",
        "42[\"x\",{\"a\":1,}]",
        "42[\"x\",tru]",
        "42[\"x\",\"\\",
        "42[\"x\",\"\\u12",
        "42\"x\"",
        "42null",
        "42[\"connect\"]",
        "42[\"connect_error\"]",
        "42[\"disconnect\"]",
        "42[\"disconnecting\"]",
        "42[\"newListener\"]",
        "42[\"removeListener\"]",
        "42[\"conn\\u0065ct\"]",
        "430",
        "43[]",
        "430{}",
        "43/admin,[]",
        "430null",
        "41{}",
        "41/admin,[]",
        "41null",
        "40[]",
        "40\"x\"",
        "40null",
        "40{}x",
        "401{}x",
        "40{",
        "44",
        "44[]",
        "445",
        "45[\"x\"]",
        "45-[\"x\"]",
        "450-[\"x\"]",
        "45999999999-[]",
        "4511-[\"x\"]",
        "451[\"x\"]",
        "45a-[\"x\"]",
        "45 1-[\"x\"]",
        "45-1-[\"x\"]",
        "45001-[\"x\"]",
        "450-[]",
        "451-[{\"_placeholder\":true,\"num\":-1}]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":-1}]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":1}]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":1e999}]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":0.5}]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":\"0\"}]",
        "451-[\"x\",{\"_placeholder\":true}]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":0,\"num\":7}]",
        "451-[\"x\",{\"\\u005fplaceholder\":true,\"num\":7}]",
        "42123456789012345678[\"x\"]",
        "429007199254740992[\"x\"]",
        "4299999999999999999[\"x\"]",
        "42[\"x\",\ud83d]"
      })
  void brokenPacketIsRefused(String text) {
    assertThatThrownBy(() -> decode(text)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void depthAndLengthsAreBounded() {
    assertThat(decode("42[\"x\"," + "[".repeat(63) + "]".repeat(63) + "]")).isNotNull();
    assertRefused("42[\"x\"," + "[".repeat(64) + "]".repeat(64) + "]");
    assertRefused("42[\"x\"," + "[".repeat(400_000));
    assertRefused("42[\"x\"," + "{\"a\":".repeat(400_000));
    assertRefused("42[\"x\"," + "1".repeat(1_001) + "]");
    assertRefused("42[\"x\",{\"" + "k".repeat(10_001) + "\":1}]");
    assertRefused("40/" + "n".repeat(1_000_000));
    assertThat(decode("429007199254740991[\"x\"]"))
        .isEqualTo(event("/", SocketPacket.MAX_ACK_ID, "x", "[]"));
    assertThat(decode("40{\"a\":" + "1".repeat(1_000) + "}")).isNotNull();
  }

  @Test
  void whatTheScannerAcceptsTheParserDoesToo() {
    String digits = "1".repeat(1_000);
    for (String json : List.of("[" + digits + "]", "[1e999]", "[-0.0e-999]", "[\"\\ud83d\"]")) {
      assertThat(Arguments.parse(json, List.of()).values()).hasSize(1);
    }
  }

  @Test
  void binaryPacketWaitsForItsAttachments() {
    var decoder = new SocketDecoder(Generation.V4, 100);
    String header =
        "452-/admin,12[\"x\",{\"num\":1,\"_placeholder\":true},{\"_placeholder\":true,\"num\":0}]";
    assertThat(decoder.decode(text(header))).isNull();
    assertThat(decoder.isIncomplete()).isTrue();
    assertThat(decoder.decode(bytes("01"))).isNull();
    var event = (SocketPacket.Event) decoder.decode(bytes("02"));
    assertThat(decoder.isIncomplete()).isFalse();
    assertThat(event.ackId()).isEqualTo(12);
    assertThat(event.arguments().attachments()).containsExactly(buffer("01"), buffer("02"));
    assertThat((Object) event.arguments().values().getList())
        .isEqualTo(List.of(buffer("02"), buffer("01")));
    assertThat(EncodedPacket.event("/admin", 12, "x", event.arguments()).header().encoded())
        .isEqualTo(header);
  }

  @Test
  void attachmentMayBeUsedTwiceOrNotAtAll() {
    var decoder = new SocketDecoder(Generation.V4, 100);
    String placeholder = "{\"_placeholder\":true,\"num\":0}";
    decoder.decode(text("452-[\"x\"," + placeholder + "," + placeholder + "]"));
    decoder.decode(bytes("01"));
    var event = (SocketPacket.Event) decoder.decode(bytes("02"));
    assertThat((Object) event.arguments().values().getList())
        .isEqualTo(List.of(buffer("01"), buffer("01")));
  }

  @Test
  void whatLooksLikeAPlaceholderInATextPacketIsData() {
    var event = (SocketPacket.Event) decode("42[\"x\",{\"_placeholder\":true,\"num\":7}]");
    assertThat(event.arguments().values().getJsonObject(0).getInteger("num")).isEqualTo(7);
    var other = new SocketDecoder(Generation.V4, 100);
    other.decode(text("451-[\"x\",{\"_placeholder\":\"true\",\"num\":7},{\"num\":9}]"));
    assertThat(other.decode(bytes("01"))).isNotNull();
  }

  @Test
  void attachmentsComeWhereTheyMustAndNowhereElse() {
    assertThatThrownBy(() -> new SocketDecoder(Generation.V4, 100).decode(bytes("01")))
        .isInstanceOf(ProtocolException.class);
    var decoder = new SocketDecoder(Generation.V4, 100);
    decoder.decode(text("451-[\"x\"]"));
    assertThatThrownBy(() -> decoder.decode(text("42[\"y\"]")))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void attachmentsTogetherAreBounded() {
    var decoder = new SocketDecoder(Generation.V4, 4);
    decoder.decode(text("453-[\"x\"]"));
    decoder.decode(bytes("0102"));
    decoder.decode(bytes("0304"));
    assertThatThrownBy(() -> decoder.decode(bytes("05"))).isInstanceOf(ProtocolException.class);
  }

  @Test
  void tenAttachmentsAreEnough() {
    var ten = new JsonArray();
    for (int i = 0; i < 10; i++) {
      ten.add(new byte[] {(byte) i});
    }
    EncodedPacket packet = EncodedPacket.event("/", 1, "x", Arguments.of(ten));
    assertThat(packet.header().text()).startsWith("510-1[\"x\",{\"_placeholder\":true,\"num\":0}");
    assertThat(packet.attachments()).hasSize(10);
    var decoder = new SocketDecoder(Generation.V3, 100);
    decoder.decode(packet.header());
    for (int i = 0; i < 9; i++) {
      assertThat(decoder.decode(packet.attachments().get(i))).isNull();
    }
    assertThat(decoder.decode(packet.attachments().get(9))).isNotNull();
    ten.add(new JsonObject().put("eleventh", Buffer.buffer("x")));
    assertThatThrownBy(() -> Arguments.of(ten)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void nestedValuesBecomeAttachmentsInOrder() {
    var values =
        new JsonArray()
            .add(buffer("01"))
            .add(
                new JsonObject()
                    .put("a", new JsonArray().add(Map.of("deep", buffer("02"))))
                    .put("b", buffer("03"))
                    .put("c", 1));
    Arguments arguments = Arguments.of(values);
    assertThat(arguments.attachments()).containsExactly(buffer("01"), buffer("02"), buffer("03"));
    assertThat(arguments.json())
        .isEqualTo(
            "[{\"_placeholder\":true,\"num\":0},{\"a\":[{\"deep\":{\"_placeholder\":true,\"num\":1}}],"
                + "\"b\":{\"_placeholder\":true,\"num\":2},\"c\":1}]");
  }

  @Test
  void argumentsOfAServiceAreChecked() {
    assertThat(Arguments.parse(" [1] ", List.of()).json()).isEqualTo("[1]");
    String placeholder = "[{\"_placeholder\":true,\"num\":1}]";
    assertThat(Arguments.parse(placeholder, List.of()).json()).isEqualTo(placeholder);
    for (String json : List.of("", "{}", "1", "[", "[1]]", "[1],", "null")) {
      assertThatThrownBy(() -> Arguments.parse(json, List.of()))
          .isInstanceOf(ProtocolException.class);
    }
    assertThatThrownBy(() -> Arguments.parse(placeholder, List.of(buffer("01"))))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void offsetIsOneMoreArgument() {
    Arguments one = Arguments.parse("[\"one\"]", List.of());
    assertThat(EncodedPacket.event("/", -1, "m", one, "Q80nhC8").header().encoded())
        .isEqualTo("42[\"m\",\"one\",\"Q80nhC8\"]");
    assertThat(EncodedPacket.event("/", -1, "~", Arguments.NONE, "Q8").header().encoded())
        .isEqualTo("42[\"~\",\"Q8\"]");
    assertThat(EncodedPacket.event("/", -1, "m", Arguments.parse("[ ]", List.of())).header().text())
        .isEqualTo("2[\"m\"]");
  }

  @Test
  void namesAreQuotedAndHalfCharactersSurvive() {
    assertThat(EncodedPacket.event("/", -1, "a\"\\\n\ud83d😀", Arguments.NONE).header().encoded())
        .isEqualTo("42[\"a\\\"\\\\\\u000a\\ud83d😀\"]");
  }

  @Test
  void reservedNamesAreNotSent() {
    assertThatThrownBy(() -> EncodedPacket.event("/", -1, "connect", Arguments.NONE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(EventNames.mayEmit("reconnect", Generation.V4)).isTrue();
    assertThat(EventNames.mayEmit("reconnect", Generation.V3)).isFalse();
    assertThat(EventNames.mayEmit("disconnect", Generation.V4)).isFalse();
    assertThat(EventNames.mayEmit("message", Generation.V3)).isTrue();
  }

  @RepeatedTest(100)
  void randomTextIsDecodedOrRefused(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    List<String> parts =
        List.of(
            "5",
            "2",
            "3",
            "1-",
            "10-",
            "/",
            "/a",
            ",",
            "[",
            "]",
            "\"x\"",
            "{",
            "}",
            ":",
            "\"num\"",
            "\"_placeholder\"",
            "true",
            "0",
            "1e5",
            "\\",
            "\"",
            " ",
            "😀",
            "null");
    for (int round = 0; round < 300; round++) {
      var text = new StringBuilder("4");
      for (int i = random.nextInt(16); i > 0; i--) {
        text.append(parts.get(random.nextInt(parts.size())));
      }
      decodeAnything(text.toString());
    }
  }

  @RepeatedTest(100)
  void randomArgumentsSurviveTheRoundTrip(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    var values = new JsonArray();
    for (int i = random.nextInt(5); i > 0; i--) {
      values.add(randomValue(random, 3));
    }
    Arguments arguments;
    try {
      arguments = Arguments.of(values);
    } catch (ProtocolException e) {
      assertThat(e).hasMessageContaining("attachments");
      return;
    }
    assertThat(arguments.values()).isEqualTo(values);
    EncodedPacket packet = EncodedPacket.event("/n", 3, "name", arguments);
    var decoder = new SocketDecoder(Generation.V4, 100_000);
    SocketPacket decoded = decoder.decode(packet.header());
    for (EnginePacket attachment : packet.attachments()) {
      decoded = decoder.decode(attachment);
    }
    assertThat(decoded).isEqualTo(new SocketPacket.Event("/n", 3, "name", arguments));
  }

  private static Object randomValue(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 7 : 5)) {
      case 0 -> random.nextInt();
      case 1 -> "é€😀\"\\".substring(random.nextInt(2));
      case 2 -> random.nextBoolean();
      case 3 -> random.nextDouble();
      case 4 -> Buffer.buffer(new byte[random.nextInt(5)]);
      case 5 -> {
        var array = new JsonArray();
        for (int i = random.nextInt(4); i > 0; i--) {
          array.add(randomValue(random, depth - 1));
        }
        yield array;
      }
      default -> {
        var object = new JsonObject();
        for (int i = random.nextInt(4); i > 0; i--) {
          object.put("k" + i, randomValue(random, depth - 1));
        }
        yield object;
      }
    };
  }

  private static SocketPacket decode(SocketDecoder decoder, JsonObject golden) {
    SocketPacket packet = decoder.decode(text("4" + golden.getString("text")));
    for (Object attachment : golden.getJsonArray("attachments")) {
      assertThat(packet).isNull();
      byte[] data = Base64.getDecoder().decode((String) attachment);
      packet = decoder.decode(EnginePacket.message(Buffer.buffer(data)));
    }
    return packet;
  }

  private static SocketPacket decode(String encoded) {
    return new SocketDecoder(Generation.V4, 1_000).decode(text(encoded));
  }

  private static void decodeAnything(String encoded) {
    for (Generation generation : Generation.values()) {
      try {
        SocketPacket packet = new SocketDecoder(generation, 1_000).decode(text(encoded));
        if (packet instanceof SocketPacket.Event event) {
          assertThat(event.arguments().values()).isNotNull();
        }
      } catch (ProtocolException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  private static void assertRefused(String encoded) {
    assertThatThrownBy(() -> decode(encoded)).isInstanceOf(ProtocolException.class);
  }

  private static SocketPacket.Event event(String namespace, long id, String name, String json) {
    return new SocketPacket.Event(namespace, id, name, Arguments.parse(json, List.of()));
  }

  private static EnginePacket text(String encoded) {
    return EnginePacket.encodedMessage(encoded);
  }

  private static EnginePacket bytes(String hex) {
    return EnginePacket.message(buffer(hex));
  }

  private static Buffer buffer(String hex) {
    return Buffer.buffer(HexFormat.of().parseHex(hex));
  }

  private static String base64(Buffer data) {
    return Base64.getEncoder().encodeToString(data.getBytes());
  }

  /** Golden values with {@code {"$bytes": base64}} turned into buffers. */
  private static JsonArray withBuffers(JsonArray values) {
    List<Object> out = new ArrayList<>();
    for (Object value : values) {
      out.add(withBuffers(value));
    }
    return new JsonArray(out);
  }

  private static Object withBuffers(Object value) {
    if (value instanceof JsonArray array) {
      return withBuffers(array).getList();
    }
    if (!(value instanceof JsonObject object)) {
      return value;
    }
    if (object.containsKey("$bytes")) {
      return Buffer.buffer(Base64.getDecoder().decode(object.getString("$bytes")));
    }
    var out = new JsonObject();
    object.forEach(member -> out.put(member.getKey(), withBuffers(member.getValue())));
    return out.getMap();
  }
}
