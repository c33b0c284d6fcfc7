package io.linkspan.protocol.engineio;

import static io.linkspan.protocol.engineio.EngineCloseReason.PING_TIMEOUT;
import static io.linkspan.protocol.engineio.EngineCloseReason.TRANSPORT_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EngineHeartbeatTest {
  private static final String POLLING_4 = "EIO=4&transport=polling";
  private static final String POLLING_3 = "EIO=3&transport=polling";
  private static final String SOCKET_4 = "EIO=4&transport=websocket";
  private static final String SOCKET_3 = "EIO=3&transport=websocket";
  private static final String UNKNOWN = "400 {\"code\":1,\"message\":\"Session ID unknown\"}";

  @Test
  void serverPingsOverAWebSocketAsLongAsItIsAnswered() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_4);
    for (int round = 0; round < 3; round++) {
      assertThat(client.pass(299)).isEmpty();
      assertThat(client.pass(1)).containsExactly("ws 2");
      client.pass(150);
      assertThat(client.text("ws", "3")).isEmpty();
    }
    assertThat(client.ended()).isNull();
    assertThat(client.pass(500)).containsExactly("ws 2", "ws close");
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void serverPingsOverPolling() {
    EngineDriver client = EngineDriver.polling(POLLING_4);
    for (int round = 0; round < 3; round++) {
      client.get("get" + round);
      assertThat(client.pass(300)).containsExactly("get" + round + " 200 2");
      assertThat(client.post("post" + round, "3")).containsExactly("post" + round + " 200 ok");
    }
    assertThat(client.ended()).isNull();
  }

  @Test
  void silentClientIsGoneToTheMillisecond() {
    for (String query : new String[] {POLLING_4, POLLING_3}) {
      EngineDriver client = EngineDriver.polling(query);
      client.pass(499);
      assertThat(client.ended()).isNull();
      client.pass(1);
      assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
      assertThat(client.get("get1")).containsExactly("get1 " + UNKNOWN);
    }
  }

  @Test
  void requestFindsTheSessionGoneEvenWhenNoTimerHasLooked() {
    EngineDriver client = EngineDriver.polling(POLLING_3);
    client.now += 500;
    assertThat(client.session.isKnown("GET", client.now)).isFalse();
    assertThat(client.get("get1")).containsExactly("get1 " + UNKNOWN);
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);

    client = EngineDriver.polling(POLLING_4);
    client.now += 303;
    client.session.advanceTo(client.now);
    client.now += 197;
    assertThat(client.post("post1", "3")).containsExactly("post1 " + UNKNOWN);
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void waitingPollIsToldOfTheEnd() {
    EngineDriver client = EngineDriver.polling(POLLING_3);
    client.get("get1");
    assertThat(client.pass(500)).containsExactly("get1 200 1:1");
    client = EngineDriver.polling(POLLING_4);
    client.pass(300);
    client.get("get1");
    client.get("get2");
    client = EngineDriver.polling(POLLING_4);
    client.get("get1");
    assertThat(client.pass(300)).containsExactly("get1 200 2");
    client.get("get2");
    assertThat(client.pass(200)).containsExactly("get2 200 1");
  }

  @Test
  void otherTrafficBuysTimeForThePongOnce() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_4);
    client.pass(300);
    client.pass(150);
    client.text("ws", "4uploading");
    client.pass(150);
    client.text("ws", "4uploading");
    assertThat(client.pass(49)).isEmpty();
    assertThat(client.pass(1)).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void trafficAloneDoesNotReplaceThePong() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_4);
    for (int i = 0; i < 20; i++) {
      client.text("ws", "4a");
      client.pass(50);
    }
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void unaskedPongRestartsTheInterval() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_4);
    client.pass(200);
    client.text("ws", "3");
    assertThat(client.pass(299)).isEmpty();
    assertThat(client.pass(1)).containsExactly("ws 2");
  }

  @Test
  void pausedProcessLeavesItsClientsTimeToAnswer() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_4);
    client.now += 5_000;
    client.session.advanceTo(client.now);
    assertThat(client.written()).containsExactly("ws 2");
    assertThat(client.pass(99)).isEmpty();
    client.text("ws", "3");
    client.pass(299);
    assertThat(client.ended()).isNull();
  }

  @Test
  void aPingOfAnOldClientIsAnsweredWithItsText() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_3);
    for (int round = 0; round < 3; round++) {
      client.pass(300);
      assertThat(client.text("ws", "2")).containsExactly("ws 3");
    }
    assertThat(client.text("ws", "2hi")).containsExactly("ws 3hi");
    assertThat(client.pass(499)).isEmpty();
    assertThat(client.pass(1)).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void oldClientPingsOverPolling() {
    EngineDriver client = EngineDriver.polling(POLLING_3);
    client.get("get1");
    assertThat(client.post("post1", "1:2")).containsExactly("post1 200 ok", "get1 200 1:3");
  }

  @Test
  void anyPacketOfAnOldClientIsASignOfLife() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_3);
    for (int i = 0; i < 5; i++) {
      client.pass(400);
      client.text("ws", "4a");
    }
    assertThat(client.ended()).isNull();
    assertThat(client.pass(500)).containsExactly("ws close");
  }

  @Test
  void heartbeatInTheWrongDirectionEndsTheSession() {
    EngineDriver client = EngineDriver.webSocket(SOCKET_4);
    assertThat(client.text("ws", "2")).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
    client = EngineDriver.webSocket(SOCKET_3);
    assertThat(client.text("ws", "3")).containsExactly("ws close");
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
    client = EngineDriver.polling(POLLING_4);
    client.get("get1");
    assertThat(client.post("post1", "2\u001e4a")).containsExactly("get1 200 1", "post1 200 ok");
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
    assertThat(client.messages()).isEmpty();
    client = EngineDriver.polling(POLLING_3);
    client.post("post1", "1:3");
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
  }
}
