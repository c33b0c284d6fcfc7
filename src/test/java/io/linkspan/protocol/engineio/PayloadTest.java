package io.linkspan.protocol.engineio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Payloads against what the reference parsers wrote (engineio/payloads.json), and broken ones. */
class PayloadTest {
  private static final List<String> TYPES =
      List.of("open", "close", "ping", "pong", "message", "upgrade", "noop");

  static List<JsonObject> goldenPayloads() throws IOException {
    try (InputStream file = PayloadTest.class.getResourceAsStream("/engineio/payloads.json")) {
      return new JsonArray(Buffer.buffer(file.readAllBytes()))
          .stream().map(JsonObject.class::cast).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("goldenPayloads")
  void encodesAsTheReferenceDoes(JsonObject golden) {
    Buffer encoded = encode(golden.getString("form"), packets(golden));
    assertThat(hex(encoded)).isEqualTo(golden.getString("hex"));
  }

  @ParameterizedTest
  @MethodSource("goldenPayloads")
  void decodesWhatTheReferenceWrote(JsonObject golden) {
    List<EnginePacket> decoded = decode(golden.getString("form"), bytes(golden.getString("hex")));
    assertSame(decoded, packets(golden));
  }

  @ParameterizedTest
  @MethodSource("goldenPayloads")
  void everyTruncationIsDecodedOrRefused(JsonObject golden) {
    Buffer whole = bytes(golden.getString("hex"));
    for (int length = 0; length < whole.length(); length++) {
      decodeAnything(golden.getString("form"), whole.getBuffer(0, length));
    }
  }

  @ParameterizedTest
  @MethodSource("goldenPayloads")
  void everyFlippedBitIsDecodedOrRefused(JsonObject golden) {
    byte[] whole = bytes(golden.getString("hex")).getBytes();
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      decodeAnything(golden.getString("form"), Buffer.buffer(flipped));
    }
  }

  @Test
  void lengthsOfTheTextFormCountUtf16Units() {
    String wire = "2:4€15:420[\"ask\",\"😀\"]";
    var packets = List.of(EnginePacket.message("€"), EnginePacket.message("20[\"ask\",\"😀\"]"));
    assertThat(V3Payload.encodeText(packets)).hasToString(wire);
    assertSame(decode("v3-text", Buffer.buffer(wire)), packets);
    assertRefused("v3-text", Buffer.buffer("14:420[\"ask\",\"😀\"]"));
  }

  @Test
  void binaryFormOfTheOldGenerationIsTheOneOfTheSpecification() {
    var packets = List.of(EnginePacket.message("hello"), EnginePacket.message(bytes("01020304")));
    assertThat(hex(V3Payload.encodeBinary(packets)))
        .isEqualTo("0006ff3468656c6c6f0105ff0401020304");
    Buffer json = Buffer.buffer("42[\"b\",\"é€😀\"]");
    assertThat(hex(V3Payload.encodeBinary(decode("v4", json))))
        .startsWith("000109ff3432")
        .hasSize(2 * (4 + 19));
  }

  @Test
  void emptyPayloadOfTheOldGenerationIsAnEmptyPacketThatIsSkipped() {
    assertThat(V3Payload.encodeText(List.of())).hasToString("0:");
    assertThat(decode("v3-text", Buffer.buffer("0:"))).isEmpty();
    assertSame(decode("v3-text", Buffer.buffer("0:2:4x0:")), List.of(EnginePacket.message("x")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "4x", ":4x", "3:4x", "1e9:4", "-1:4", "01:4", "+1:4", "99999999999999999999:4", "1:",
        "1:7", "1:x", "2:b5", "1:b", "3:b4A", "6:b4AA=A", "6:b4A-==", "1", "1:4x", " 1:4"
      })
  void brokenTextPayloadOfTheOldGenerationIsRefused(String wire) {
    assertRefused("v3-text", Buffer.buffer(wire));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "0001",
        "00ff34",
        "0002ff34",
        "02" + "01ff34",
        "000aff34",
        "0102ff0234",
        "0101ff34",
        "0001ff37",
        "0001ffc3",
        "000000000000000000000001ff34",
        "0100ff"
      })
  void brokenBinaryPayloadIsRefused(String hex) {
    assertRefused("v3-binary", bytes(hex));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "4x\u001e", "\u001e4x", "4x\u001e\u001e4y", "7", "x", "bA", "b====", "b*w=="})
  void brokenPayloadOfTheNewGenerationIsRefused(String wire) {
    assertRefused("v4", Buffer.buffer(wire));
  }

  @Test
  void packetsBeforeTheBrokenOneAreHandedOver() {
    List<EnginePacket> packets = new ArrayList<>();
    assertThatThrownBy(() -> V4Payload.decode(Buffer.buffer("4a\u001e4b\u001ex"), packets::add))
        .isInstanceOf(ProtocolException.class);
    assertThat(packets).hasSize(2);
  }

  @Test
  void malformedUtf8IsRefusedAndNotReplaced() {
    assertRefused("v4", bytes("34c328"));
    assertRefused("v3-text", bytes("323a34c0"));
    assertRefused("v4", bytes("34eda080"));
  }

  @Test
  void firstTextThatIsProvenDecidesHowASessionDecodesText() {
    var twice = new V3TextEncoding(false);
    assertThat(twice.decode(encodedTwice("é"))).isEqualTo(encodedTwice("é"));
    assertThat(twice.decode(encodedTwice("é€😀"))).isEqualTo("é€😀");
    assertThat(twice.decode(encodedTwice("é"))).isEqualTo("é");
    for (String proof : List.of("€", "é", "Ã©€")) {
      var once = new V3TextEncoding(false);
      assertThat(once.decode(proof)).isEqualTo(proof);
      assertThat(once.decode(encodedTwice("é€😀"))).isEqualTo(encodedTwice("é€😀"));
    }
  }

  @Test
  void textWhoseCharactersHappenToBeUtf8BytesStaysAsItIs() {
    for (String text : List.of("NESCAFÉ®", "Ã©", "GOÛ¿", "ascii")) {
      assertThat(new V3TextEncoding(false).decode(text)).isEqualTo(text);
    }
  }

  @Test
  void oldestClientsAreKnownToEncodeTwice() {
    assertThat(new V3TextEncoding(true).decode(encodedTwice("é"))).isEqualTo("é");
    assertThat(new V3TextEncoding(true).decode("é")).isEqualTo("é");
  }

  private static String encodedTwice(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  @Test
  void whatCanBeEscapedIsSentToOldPollersAsAscii() {
    var json = List.of(EnginePacket.encodedMessage("42/é,[\"é😀\"]", 5));
    String wire = "4:42/é,[\"\\u00e9\\ud83d\\ude00\"]";
    assertThat(V3Payload.encodeText(json)).hasToString("27" + wire.substring(1));
    assertThat(V4Payload.encode(json)).hasToString("42/é,[\"é😀\"]");
    assertThat(json.get(0).textForm(Generation.V3)).isEqualTo("42/é,[\"é😀\"]");
  }

  @Test
  void base64MayBeBrokenIntoLines() {
    Buffer wire = Buffer.buffer("bAQID\n\u001ebAQIDBA\r\n==\r\n\u001eb\n");
    assertSame(
        decode("v4", wire),
        List.of(
            EnginePacket.message(bytes("010203")),
            EnginePacket.message(bytes("01020304")),
            EnginePacket.message(bytes(""))));
    assertRefused("v4", Buffer.buffer("bAQI D"));
    assertRefused("v4", Buffer.buffer("bAQ\n"));
  }

  @Test
  void packetsOfOnePayloadAreBounded() {
    assertRefused("v4", Buffer.buffer("4\u001e".repeat(V3Payload.MAX_PACKETS) + "4"));
    assertRefused("v3-text", Buffer.buffer("0:".repeat(V3Payload.MAX_PACKETS + 1)));
  }

  @Test
  void unitsBeyondTheBasicPlaneCountFourBytes() {
    assertThat(StrictUtf8.isLonger("😀😀", 8)).isFalse();
    assertThat(StrictUtf8.isLonger("😀😀", 7)).isTrue();
    assertThat(StrictUtf8.isLonger("€é", 5)).isFalse();
    assertThat(StrictUtf8.isLonger("€é", 4)).isTrue();
  }

  @RepeatedTest(50)
  void randomPacketsSurviveTheRoundTrip(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    List<EnginePacket> packets = new ArrayList<>();
    for (int i = random.nextInt(20) + 1; i > 0; i--) {
      packets.add(randomPacket(random));
    }
    for (String form : List.of("v4", "v3-text", "v3-binary")) {
      assertSame(decode(form, encode(form, packets)), packets);
    }
  }

  @RepeatedTest(50)
  void randomBytesAreDecodedOrRefused(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    String alphabet = "0123456789:b=\u001e\u00ff\u0000\u0001é😀";
    for (int round = 0; round < 200; round++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(24); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      for (String form : List.of("v4", "v3-text", "v3-binary")) {
        decodeAnything(form, Buffer.buffer(text.toString().getBytes(UTF_8)));
        decodeAnything(form, Buffer.buffer(text.toString(), "ISO-8859-1"));
      }
    }
  }

  private static EnginePacket randomPacket(Random random) {
    if (random.nextInt(3) == 0) {
      byte[] data = new byte[random.nextInt(300)];
      random.nextBytes(data);
      return EnginePacket.message(Buffer.buffer(data));
    }
    var text = new StringBuilder();
    for (int i = random.nextInt(40); i > 0; i--) {
      text.appendCodePoint(List.of(0x20, 0x41, 0x3a, 0xe9, 0x20ac, 0x1f600).get(random.nextInt(6)));
    }
    return EnginePacket.message(text.toString());
  }

  private static List<EnginePacket> packets(JsonObject golden) {
    List<EnginePacket> packets = new ArrayList<>();
    for (Object item : golden.getJsonArray("packets")) {
      var packet = (JsonObject) item;
      String base64 = packet.getString("base64");
      int number = TYPES.indexOf(packet.getString("type"));
      packets.add(
          base64 != null
              ? EnginePacket.message(Buffer.buffer(Base64.getDecoder().decode(base64)))
              : EnginePacket.decodeText(number + packet.getString("text"), Generation.V4));
    }
    return packets;
  }

  private static Buffer encode(String form, List<EnginePacket> packets) {
    return switch (form) {
      case "v4" -> V4Payload.encode(packets);
      case "v3-text" -> V3Payload.encodeText(packets);
      default -> V3Payload.encodeBinary(packets);
    };
  }

  private static List<EnginePacket> decode(String form, Buffer body) {
    List<EnginePacket> packets = new ArrayList<>();
    switch (form) {
      case "v4" -> V4Payload.decode(body, packets::add);
      case "v3-text" ->
          V3Payload.decodeText(StrictUtf8.decode(body), new V3TextEncoding(false), packets::add);
      default -> V3Payload.decodeBinary(body, packets::add);
    }
    return packets;
  }

  /** Anything but a refusal that is a ProtocolException fails the test. */
  private static void decodeAnything(String form, Buffer body) {
    try {
      decode(form, body);
    } catch (ProtocolException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  private static void assertRefused(String form, Buffer body) {
    assertThatThrownBy(() -> decode(form, body)).isInstanceOf(ProtocolException.class);
  }

  private static void assertSame(List<EnginePacket> actual, List<EnginePacket> expected) {
    assertThat(actual.stream().map(PayloadTest::describe).toList())
        .isEqualTo(expected.stream().map(PayloadTest::describe).toList());
  }

  private static String describe(EnginePacket packet) {
    return packet.isBinary() ? "binary " + hex(packet.data()) : packet.encoded();
  }

  private static String hex(Buffer bytes) {
    return HexFormat.of().formatHex(bytes.getBytes());
  }

  private static Buffer bytes(String hex) {
    return Buffer.buffer(HexFormat.of().parseHex(hex));
  }
}
