package io.linkspan.protocol.engineio;

import static io.linkspan.protocol.engineio.EngineCloseReason.FORCED_CLOSE;
import static io.linkspan.protocol.engineio.EngineCloseReason.PING_TIMEOUT;
import static io.linkspan.protocol.engineio.EngineCloseReason.TOO_LARGE;
import static io.linkspan.protocol.engineio.EngineCloseReason.TRANSPORT_CLOSE;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineUpgradeTest {
  private static final String V4 = "EIO=4&transport=polling";
  private static final String V3 = "EIO=3&transport=polling";

  /** Time for which a poll may have overtaken a packet on the WebSocket, in milliseconds. */
  private static final long CROSSING = 20;

  private static final String REFUSAL = "400 {\"code\":3,\"message\":\"Bad request\"}";

  private EngineDriver client = EngineDriver.polling(V4);

  @Test
  void clientProbesAndMovesOver() {
    client.get("get1");
    assertThat(client.open("ws")).isEmpty();
    assertThat(client.text("ws", "2probe")).containsExactly("ws 3probe", "get1 200 6");
    assertThat(client.text("ws", "5")).isEmpty();
    assertThat(client.events).containsExactly(new EngineEvent.Upgraded());
    assertThat(client.session.isOverWebSocket()).isTrue();
    assertThat(client.send("a")).containsExactly("ws 4a");
    client.text("ws", "4b");
    assertThat(client.messages()).containsExactly("b");
    assertThat(client.get("get2")).containsExactly("get2 " + REFUSAL);
    assertThat(client.post("post1", "4c")).containsExactly("post1 " + REFUSAL);
    assertThat(client.ended()).isNull();
  }

  @Test
  void oldClientMovesOverToo() {
    client = EngineDriver.polling(V3);
    client.get("get1");
    client.open("ws");
    assertThat(client.text("ws", "2probe")).containsExactly("ws 3probe", "get1 200 1:6");
    client.text("ws", "5");
    assertThat(client.sendBinary("01")).containsExactly("ws <0401>");
  }

  @Test
  void everyPollIsReleasedWhileTheClientMovesButNotAtOnce() {
    client.open("ws");
    client.text("ws", "2probe");
    for (int i = 0; i < 3; i++) {
      assertThat(client.get("get" + i)).isEmpty();
      assertThat(client.pass(49)).isEmpty();
      assertThat(client.pass(1)).containsExactly("get" + i + " 200 6");
    }
    assertThat(client.pass(40)).isEmpty();
    assertThat(client.text("ws", "5")).isEmpty();
  }

  @Test
  void pollBeforeTheProbeIsHeld() {
    client.open("ws");
    client.get("get1");
    assertThat(client.pass(200)).isEmpty();
  }

  @Test
  void packetsMeanwhileGoWithAPollOrWaitForTheSwitch() {
    client.open("ws");
    client.text("ws", "2probe");
    assertThat(client.send("a")).isEmpty();
    client.get("get1");
    assertThat(client.pass(CROSSING)).containsExactly("get1 200 4a");
    client.get("get2");
    client.pass(CROSSING);
    assertThat(client.send("b")).containsExactly("get2 200 4b");
    assertThat(client.send("c")).isEmpty();
    assertThat(client.sendBinary("01")).isEmpty();
    assertThat(client.text("ws", "5")).containsExactly("ws 4c", "ws <01>");
  }

  @Test
  void postsKeepWorkingMeanwhile() {
    client.open("ws");
    client.text("ws", "2probe");
    assertThat(client.post("post1", "4a")).containsExactly("post1 200 ok");
    client.text("ws", "5");
    client.text("ws", "4b");
    assertThat(client.messages()).containsExactly("a", "b");
  }

  @Test
  void pollThatWaitsAtTheSwitchGetsANoopAndThePacketsGoToTheSocket() {
    client.open("ws");
    client.text("ws", "2probe");
    client.get("get1");
    client.pass(CROSSING);
    client.session.send(EnginePacket.message("a"));
    assertThat(client.text("ws", "5")).containsExactly("get1 200 6", "ws 4a");
    assertThat(client.pass(100)).isEmpty();
  }

  @Test
  void pollThatOvertakesTheSwitchIsRefusedAsIfItHadComeAfterIt() {
    client.send("a");
    client.open("ws");
    assertThat(client.get("get1")).isEmpty();
    assertThat(client.text("ws", "2probe")).containsExactly("ws 3probe");
    assertThat(client.pass(CROSSING - 1)).isEmpty();
    assertThat(client.text("ws", "5")).containsExactly("get1 " + REFUSAL, "ws 4a");
    assertThat(client.pass(100)).isEmpty();
    assertThat(client.ended()).isNull();
  }

  @Test
  void pollThatArrivesDuringAnUpgradeIsReleasedAfterAMoment() {
    client.open("ws");
    client.get("get1");
    client.text("ws", "2probe");
    assertThat(client.pass(CROSSING)).containsExactly("get1 200 6");
  }

  @Test
  void pollThatOvertakesALostCandidateIsAnswered() {
    client.send("a");
    client.open("ws");
    client.get("get1");
    assertThat(client.lost("ws")).containsExactly("get1 200 4a");
    assertThat(client.pass(100)).isEmpty();
  }

  @Test
  void postStillArrivingAtTheSwitchIsRefused() {
    client.open("ws");
    client.text("ws", "2probe");
    client.start("post1", null, -1);
    client.session.postChunk("post1", Buffer.buffer("4a"));
    client.text("ws", "5");
    client.session.postEnded("post1", client.now);
    assertThat(client.written()).containsExactly("post1 " + REFUSAL);
    assertThat(client.messages()).isEmpty();
  }

  @Test
  void upgradeWithoutAProbeIsAccepted() {
    client.get("get1");
    client.open("ws");
    assertThat(client.text("ws", "5")).containsExactly("get1 200 6");
    assertThat(client.send("a")).containsExactly("ws 4a");
  }

  @Test
  void socketDecidesAboutItsOwnBase64() {
    client = EngineDriver.polling(V3 + "&b64=1");
    client.open("ws", "EIO=3&transport=websocket");
    client.text("ws", "5");
    assertThat(client.sendBinary("01")).containsExactly("ws <0401>");

    client = EngineDriver.polling(V3);
    client.open("ws", "EIO=3&transport=websocket&b64=1");
    client.text("ws", "5");
    assertThat(client.sendBinary("01")).containsExactly("ws b4AQ==");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "4hello", "2", "2other", "3", "3probe", "x", "1", "6"})
  void otherPacketsDropTheCandidateOnly(String packet) {
    client.get("get1");
    client.open("ws");
    assertThat(client.text("ws", packet)).containsExactly("ws close");
    assertThat(client.send("a")).containsExactly("get1 200 4a");
    assertThat(client.messages()).isEmpty();
    assertThat(client.ended()).isNull();
    client.open("ws2");
    assertThat(client.text("ws2", "2probe")).containsExactly("ws2 3probe");
  }

  @Test
  void bytesDropTheCandidateOnly() {
    client.open("ws");
    assertThat(client.binary("ws", "04")).containsExactly("ws close");
    client.open("ws2");
    client.session.webSocket().failed("ws2", TOO_LARGE);
    assertThat(client.written()).containsExactly("ws2 close 1009");
    assertThat(client.ended()).isNull();
  }

  @Test
  void lostCandidateLeavesTheSessionPolling() {
    client.open("ws");
    client.text("ws", "2probe");
    client.get("get1");
    assertThat(client.lost("ws")).isEmpty();
    assertThat(client.pass(100)).isEmpty();
    assertThat(client.send("a")).containsExactly("get1 200 4a");
    assertThat(client.session.mayUpgrade()).isTrue();
  }

  @Test
  void upgradeThatTakesTooLongIsDropped() {
    client = EngineDriver.polling(V3);
    client.open("ws");
    client.text("ws", "2probe");
    client.pass(400);
    client.post("post1", "1:2");
    client.get("get1");
    client.pass(400);
    client.post("post2", "1:2");
    client.get("get2");
    client.pass(CROSSING);
    assertThat(client.pass(200 - CROSSING)).containsExactly("ws close");
    assertThat(client.text("ws", "5")).isEmpty();
    assertThat(client.session.isOverWebSocket()).isFalse();
    assertThat(client.session.mayUpgrade()).isTrue();
  }

  @Test
  void secondCandidateIsClosedAndTheFirstGoesOn() {
    client.open("ws");
    assertThat(client.open("ws2")).containsExactly("ws2 close");
    client.text("ws2", "2probe");
    assertThat(client.text("ws", "2probe")).containsExactly("ws 3probe");
    client.text("ws", "5");
    assertThat(client.open("ws3")).containsExactly("ws3 close");
    assertThat(client.send("a")).containsExactly("ws 4a");
  }

  @Test
  void endOfTheSessionEndsTheCandidate() {
    client.get("get1");
    client.open("ws");
    assertThat(client.post("post1", "1")).containsExactly("get1 200 6", "ws close", "post1 200 ok");
    assertThat(client.ended()).isEqualTo(TRANSPORT_CLOSE);
    assertThat(client.open("ws2")).containsExactly("ws2 close");
  }

  @Test
  void closingSessionWithSomethingToSayFinishesOnTheNewTransport() {
    client.open("ws");
    client.text("ws", "2probe");
    client.send("a");
    assertThat(client.close(FORCED_CLOSE)).isEmpty();
    assertThat(client.text("ws", "5")).containsExactly("ws 4a", "ws close");
    assertThat(client.session.finished()).isTrue();
    assertThat(client.ended()).isEqualTo(FORCED_CLOSE);
  }

  @Test
  void closingSessionFinishesOnAPollIfThatIsFirst() {
    client.open("ws");
    client.text("ws", "2probe");
    client.close(FORCED_CLOSE);
    assertThat(client.get("get1")).containsExactly("get1 200 6\u001e1", "ws close");
    assertThat(client.session.finished()).isTrue();
  }

  @Test
  void heartbeatOfAnOldClientIsArmedAgainAtTheSwitch() {
    client = EngineDriver.polling(V3);
    client.pass(200);
    client.open("ws");
    client.text("ws", "2probe");
    client.text("ws", "5");
    assertThat(client.pass(499)).isEmpty();
    assertThat(client.pass(1)).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void heartbeatOfANewClientGoesOnAsItWas() {
    client.pass(200);
    client.open("ws");
    client.text("ws", "5");
    assertThat(client.pass(100)).containsExactly("ws 2");
    assertThat(client.pass(200)).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void pingThatWasDueOnThePollGoesToTheSocket() {
    client.open("ws");
    client.text("ws", "2probe");
    assertThat(client.pass(300)).isEmpty();
    assertThat(client.text("ws", "5")).containsExactly("ws 2");
    client.text("ws", "3");
    assertThat(client.pass(300)).containsExactly("ws 2");
  }
}
