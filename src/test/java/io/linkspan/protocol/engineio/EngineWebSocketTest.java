package io.linkspan.protocol.engineio;

import static io.linkspan.protocol.engineio.EngineCloseReason.FORCED_CLOSE;
import static io.linkspan.protocol.engineio.EngineCloseReason.PARSE_ERROR;
import static io.linkspan.protocol.engineio.EngineCloseReason.SERVER_SHUTTING_DOWN;
import static io.linkspan.protocol.engineio.EngineCloseReason.TOO_LARGE;
import static io.linkspan.protocol.engineio.EngineCloseReason.TRANSPORT_CLOSE;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineWebSocketTest {
  private static final String V4 = "EIO=4&transport=websocket";
  private static final String V3 = "EIO=3&transport=websocket";

  private EngineDriver client = EngineDriver.webSocket(V4);

  @Test
  void firstMessageIsTheOpenPacketWithoutUpgrades() {
    EngineRequest request = EngineRequest.of("GET", true, Map.of("EIO", "4"));
    EngineSession<String, String> session =
        EngineSession.overWebSocket(EngineConfigs.QUICK, request, "S", "ws", 0);
    assertThat(session.pollWrite())
        .isEqualTo(
            new EngineWrite.SendText<>(
                "ws",
                "0{\"sid\":\"S\",\"upgrades\":[],\"pingInterval\":300,\"pingTimeout\":200,"
                    + "\"maxPayload\":1000000}"));
  }

  @Test
  void everyPacketIsOneMessage() {
    assertThat(client.send("a", "b")).containsExactly("ws 4a", "ws 4b");
    client.text("ws", "4hello");
    client.text("ws", "4");
    assertThat(client.messages()).containsExactly("hello", "");
  }

  @Test
  void bytesAreBareInTheNewGenerationAndTypedInTheOld() {
    assertThat(client.sendBinary("0102")).containsExactly("ws <0102>");
    client.binary("ws", "040102");
    client.binary("ws", "");
    assertThat(client.messages()).containsExactly("<040102>", "<>");

    client = EngineDriver.webSocket(V3);
    assertThat(client.sendBinary("0102")).containsExactly("ws <040102>");
    client.binary("ws", "040102");
    client.binary("ws", "04");
    assertThat(client.messages()).containsExactly("<0102>", "<>");
  }

  @Test
  void base64IsForThoseWhoAskForIt() {
    client = EngineDriver.webSocket(V4 + "&b64=1");
    assertThat(client.sendBinary("01020304")).containsExactly("ws bAQIDBA==");
    client.text("ws", "bAQIDBA==");
    assertThat(client.messages()).containsExactly("<01020304>");

    client = EngineDriver.webSocket(V3 + "&b64=1");
    assertThat(client.sendBinary("01020304")).containsExactly("ws b4AQIDBA==");
    client.text("ws", "b4AQIDBA==");
    assertThat(client.messages()).containsExactly("<01020304>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "7", "b#", "bAQ", "\u00004"})
  void textThatIsNoPacketEndsTheSession(String text) {
    assertThat(client.text("ws", text)).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(PARSE_ERROR);
    assertThat(client.session.finished()).isTrue();
    assertThat(client.text("ws", "4a")).isEmpty();
    assertThat(client.messages()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "02", "3401", "ff"})
  void bytesThatAreNoMessageEndAnOldSession(String hex) {
    client = EngineDriver.webSocket(V3);
    assertThat(client.binary("ws", hex)).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(PARSE_ERROR);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "5", "6", "5probe"})
  void packetsThatMeanNothingHereAreIgnored(String packet) {
    assertThat(client.text("ws", packet)).isEmpty();
    assertThat(client.ended()).isNull();
  }

  @Test
  void closePacketClosesAtOnce() {
    assertThat(client.text("ws", "1")).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(TRANSPORT_CLOSE);
    assertThat(client.session.finished()).isTrue();
  }

  @Test
  void lostSocketEndsTheSession() {
    assertThat(client.lost("ws")).isEmpty();
    assertThat(client.ended()).isEqualTo(TRANSPORT_CLOSE);
    assertThat(client.session.nextDeadline()).isEqualTo(EngineSession.NEVER);
  }

  @Test
  void messageAtTheLimitPassesAndOneByteMoreDoesNot() {
    client = EngineDriver.webSocket(EngineConfigs.limits(10, 1_000), V4);
    client.text("ws", "4€€€");
    client.binary("ws", "00".repeat(10));
    assertThat(client.ended()).isNull();
    assertThat(client.text("ws", "4€€€a")).containsExactly("ws close 1009");
    assertThat(client.ended()).isEqualTo(TOO_LARGE);

    client = EngineDriver.webSocket(EngineConfigs.limits(10, 1_000), V4);
    assertThat(client.binary("ws", "00".repeat(11))).containsExactly("ws close 1009");
    assertThat(client.ended()).isEqualTo(TOO_LARGE);
  }

  @Test
  void orderlyCloseSendsWhatWaitsFirst() {
    client.session.send(EnginePacket.message("a"));
    client.session.send(EnginePacket.message("b"));
    assertThat(client.close(FORCED_CLOSE)).containsExactly("ws 4a", "ws 4b", "ws close");
    assertThat(client.ended()).isEqualTo(FORCED_CLOSE);
    assertThat(client.session.finished()).isTrue();
    assertThat(client.session.nextDeadline()).isEqualTo(EngineSession.NEVER);
  }

  @Test
  void shutdownSaysSo() {
    assertThat(client.close(SERVER_SHUTTING_DOWN)).containsExactly("ws close 1001");
  }

  @Test
  void secondSocketIsClosedAndTheSessionGoesOn() {
    assertThat(client.open("ws2")).containsExactly("ws2 close");
    assertThat(client.text("ws2", "4x")).isEmpty();
    assertThat(client.lost("ws2")).isEmpty();
    assertThat(client.ended()).isNull();
    assertThat(client.messages()).isEmpty();
  }

  @Test
  void pollingIsRefused() {
    String refusal = "400 {\"code\":3,\"message\":\"Bad request\"}";
    assertThat(client.get("get1")).containsExactly("get1 " + refusal);
    assertThat(client.post("post1", "4a")).containsExactly("post1 " + refusal);
    assertThat(client.ended()).isNull();
  }

  @Test
  void packetForManyIsEncodedOnce() {
    EnginePacket packet = EnginePacket.message(Buffer.buffer(new byte[1_000]));
    for (Generation generation : Generation.values()) {
      assertThat(packet.binaryForm(generation)).isSameAs(packet.binaryForm(generation));
      assertThat(packet.textForm(generation)).isSameAs(packet.textForm(generation));
    }
  }

  @Test
  void burstInOneTurnIsNoReasonToCloseAWebSocket() {
    client = EngineDriver.webSocket(EngineConfigs.limits(1_000, 100), V4);
    assertThat(client.send("x".repeat(90), "y".repeat(90))).hasSize(2);
    assertThat(client.ended()).isNull();
  }
}
