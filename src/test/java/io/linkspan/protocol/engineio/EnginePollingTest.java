package io.linkspan.protocol.engineio;

import static io.linkspan.protocol.engineio.EngineCloseReason.FORCED_CLOSE;
import static io.linkspan.protocol.engineio.EngineCloseReason.PARSE_ERROR;
import static io.linkspan.protocol.engineio.EngineCloseReason.SERVER_SHUTTING_DOWN;
import static io.linkspan.protocol.engineio.EngineCloseReason.SLOW_CONSUMER;
import static io.linkspan.protocol.engineio.EngineCloseReason.TOO_LARGE;
import static io.linkspan.protocol.engineio.EngineCloseReason.TRANSPORT_CLOSE;
import static io.linkspan.protocol.engineio.EngineCloseReason.TRANSPORT_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnginePollingTest {
  private static final String V4 = "EIO=4&transport=polling";
  private static final String V3 = "EIO=3&transport=polling";
  private static final String V3_TEXT = "EIO=3&transport=polling&b64=1";
  private static final String BAD_REQUEST = "400 {\"code\":3,\"message\":\"Bad request\"}";
  private static final String UNKNOWN = "400 {\"code\":1,\"message\":\"Session ID unknown\"}";
  private static final String BINARY = "application/octet-stream";

  private EngineDriver client = EngineDriver.polling(V4);

  @Test
  void firstAnswerIsTheOpenPacketAndNothingElse() {
    EngineRequest request = EngineRequest.of("GET", false, Map.of("EIO", "3"));
    EngineSession<String, String> session =
        EngineSession.overPolling(EngineConfigs.QUICK, request, "S", "get", 0);
    session.send(EnginePacket.message("0"));
    var open = (EngineWrite.Respond<String, String>) session.pollWrite();
    assertThat(session.pollWrite()).isNull();
    assertThat(open.contentType()).isEqualTo("text/plain; charset=UTF-8");
    String json =
        "{\"sid\":\"S\",\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,"
            + "\"maxPayload\":1000000}";
    assertThat(open.body()).hasToString((json.length() + 1) + ":0" + json);
  }

  @Test
  void pollIsHeldUntilThereIsAPacket() {
    assertThat(client.get("get1")).isEmpty();
    assertThat(client.send("hello")).containsExactly("get1 200 4hello");
  }

  @Test
  void packetsOfOneTurnShareAnAnswer() {
    client.get("get1");
    assertThat(client.send("a", "b", "c")).containsExactly("get1 200 4a\u001e4b\u001e4c");
  }

  @Test
  void waitingPacketsAreAnsweredAtOnce() {
    assertThat(client.send("a")).isEmpty();
    assertThat(client.sendBinary("01020304")).isEmpty();
    assertThat(client.get("get1")).containsExactly("get1 200 4a\u001ebAQIDBA==");
  }

  @Test
  void oldClientGetsBytesWhereItTakesThemAndBase64WhereNot() {
    EngineDriver bytes = EngineDriver.polling(V3);
    bytes.get("get1");
    bytes.session.send(EnginePacket.message("hello"));
    assertThat(bytes.sendBinary("01020304"))
        .containsExactly("get1 200 <0006ff3468656c6c6f0105ff0401020304>");
    bytes.get("get2");
    assertThat(bytes.send("€")).containsExactly("get2 200 2:4€");

    EngineDriver text = EngineDriver.polling(V3_TEXT);
    text.get("get1");
    text.session.send(EnginePacket.message("hello"));
    assertThat(text.sendBinary("01020304")).containsExactly("get1 200 6:4hello10:b4AQIDBA==");
  }

  @Test
  void postIsDecodedAndAnswered() {
    assertThat(client.post("post1", "4a\u001ebAQIDBA==\u001e4😀")).containsExactly("post1 200 ok");
    assertThat(client.messages()).containsExactly("a", "<01020304>", "😀");
  }

  @Test
  void bodyMayComeInPieces() {
    client.start("post1", null, 6);
    for (String piece : List.of("4a", "\u001e", "4", "bc")) {
      client.session.postChunk("post1", Buffer.buffer(piece));
    }
    client.session.postEnded("post1", client.now);
    assertThat(client.written()).containsExactly("post1 200 ok");
    assertThat(client.messages()).containsExactly("a", "bc");
  }

  @Test
  void oldClientMayPostEitherForm() {
    client = EngineDriver.polling(V3_TEXT);
    client.post("post1", "13:42[\"hello\",2]6:b4/wA=");
    client.post("post2", BINARY + "; x=y", Buffer.buffer(new byte[] {1, 3, -1, 4, 1, 2}));
    assertThat(client.messages()).containsExactly("2[\"hello\",2]", "<ff00>", "<0102>");
  }

  @Test
  void newClientMustNotPostBytes() {
    client.get("get1");
    assertThat(client.post("post1", BINARY, Buffer.buffer("4a")))
        .containsExactly("post1 400", "get1 200 1");
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
    assertThat(client.messages()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "4a\u001e", "bAQIDBA=", "b$$$$", "7"})
  void badBodyEndsTheSession(String body) {
    client.get("get1");
    assertThat(client.post("post1", body)).containsExactly("post1 " + BAD_REQUEST, "get1 200 1");
    assertThat(client.ended()).isEqualTo(PARSE_ERROR);
    assertThat(client.session.finished()).isTrue();
    assertThat(client.get("get2")).containsExactly("get2 " + UNKNOWN);
    assertThat(client.post("post2", "4a")).containsExactly("post2 " + UNKNOWN);
  }

  @Test
  void packetsBeforeTheBadOneCount() {
    client.post("post1", "4a\u001eabc\u001e4b");
    assertThat(client.messages()).containsExactly("a");
    assertThat(client.ended()).isEqualTo(PARSE_ERROR);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0{}", "5", "6"})
  void packetsThatMeanNothingHereAreIgnored(String packet) {
    assertThat(client.post("post1", packet)).containsExactly("post1 200 ok");
    assertThat(client.ended()).isNull();
    assertThat(client.messages()).isEmpty();
  }

  @Test
  void secondPollEndsTheSessionAndTheFirstIsToldSo() {
    client.get("get1");
    assertThat(client.get("get2")).containsExactly("get2 400", "get1 200 1");
    assertThat(client.get("get3")).containsExactly("get3 " + UNKNOWN);
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
  }

  @Test
  void secondPostEndsTheSessionAndTheFirstIsCut() {
    client.get("get1");
    client.start("post1", null, -1);
    client.session.postChunk("post1", Buffer.buffer("4a"));
    assertThat(client.post("post2", "4b")).containsExactly("post2 400", "get1 200 1", "post1 cut");
    client.session.postEnded("post1", client.now);
    assertThat(client.written()).isEmpty();
    assertThat(client.messages()).isEmpty();
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
  }

  @Test
  void releasedPollIsAnsweredWithANoopAndTheSessionGoesOn() {
    client.get("get1");
    assertThat(client.release("get1")).containsExactly("get1 200 6");
    assertThat(client.get("get2")).isEmpty();
    assertThat(client.send("a")).containsExactly("get2 200 4a");
    assertThat(client.ended()).isNull();
  }

  @Test
  void releasedPollTakesWhatWasSentInTheSameTurn() {
    client.get("get1");
    client.session.send(EnginePacket.message("a"));
    assertThat(client.release("get1")).containsExactly("get1 200 4a");
  }

  @Test
  void onlyThePollThatWaitsCanBeReleased() {
    client.get("get1");
    client.send("a");
    client.get("get2");
    client.start("post1", null, 100);
    assertThat(client.release("get1")).isEmpty();
    assertThat(client.release("post1")).isEmpty();
    assertThat(client.send("b")).containsExactly("get2 200 4b");
  }

  @Test
  void abortedPollEndsTheSession() {
    client.get("get1");
    assertThat(client.abort("get1")).isEmpty();
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
    assertThat(client.get("get2")).containsExactly("get2 " + UNKNOWN);
  }

  @Test
  void abortedPostEndsTheSessionAndNothingOfItCounts() {
    client.get("get1");
    client.start("post1", null, 100);
    client.session.postChunk("post1", Buffer.buffer("4a\u001e4b"));
    assertThat(client.abort("post1")).containsExactly("get1 200 1");
    assertThat(client.messages()).isEmpty();
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
  }

  @Test
  void connectionLostAfterTheAnswerMeansNothing() {
    client.get("get1");
    client.send("a");
    client.abort("get1");
    client.post("post1", "4a");
    client.abort("post1");
    client.abort("nobody");
    assertThat(client.ended()).isNull();
  }

  @Test
  void bodyAtTheLimitPassesAndOneByteMoreDoesNot() {
    client = EngineDriver.polling(EngineConfigs.limits(10, 1_000), V4);
    assertThat(client.post("post1", "4€€€")).containsExactly("post1 200 ok");
    client.get("get1");
    assertThat(client.post("post2", "4€€€a")).containsExactly("post2 413", "get1 200 1");
    assertThat(client.messages()).containsExactly("€€€");
    assertThat(client.ended()).isEqualTo(TOO_LARGE);
  }

  @Test
  void announcedLengthOverTheLimitIsRefusedBeforeTheBody() {
    client = EngineDriver.polling(EngineConfigs.limits(10, 1_000), V4);
    client.start("post1", null, 11);
    assertThat(client.written()).containsExactly("post1 413");
    client.session.postChunk("post1", Buffer.buffer("4a"));
    client.session.postEnded("post1", client.now);
    assertThat(client.written()).isEmpty();
    assertThat(client.ended()).isEqualTo(TOO_LARGE);
  }

  @Test
  void piecesBeyondTheLimitAreNotKept() {
    client = EngineDriver.polling(EngineConfigs.limits(10, 1_000), V4);
    client.start("post1", null, -1);
    client.session.postChunk("post1", Buffer.buffer("4aaaa"));
    client.session.postChunk("post1", Buffer.buffer("bbbbb"));
    assertThat(client.written()).isEmpty();
    client.session.postChunk("post1", Buffer.buffer("c"));
    assertThat(client.written()).containsExactly("post1 413");
  }

  @Test
  void postThatNeverEndsIsCut() {
    client = EngineDriver.polling(V3);
    client.get("get1");
    client.start("post1", null, -1);
    assertThat(client.pass(199)).isEmpty();
    assertThat(client.pass(1)).containsExactly("get1 200 1:1", "post1 cut");
    assertThat(client.ended()).isEqualTo(TRANSPORT_ERROR);
  }

  @Test
  void closePacketEndsAWaitingPollWithANoop() {
    client.get("get1");
    assertThat(client.post("post1", "1")).containsExactly("get1 200 6", "post1 200 ok");
    assertThat(client.ended()).isEqualTo(TRANSPORT_CLOSE);
    assertThat(client.get("get2")).containsExactly("get2 " + UNKNOWN);

    client = EngineDriver.polling(V3);
    client.get("get1");
    assertThat(client.post("post1", "1:1")).containsExactly("get1 200 1:6", "post1 200 ok");
  }

  @Test
  void pollThatItsOwnCloseOvertookIsStillAnswered() {
    client.post("post1", "1");
    assertThat(client.ended()).isEqualTo(TRANSPORT_CLOSE);
    assertThat(client.session.finished()).isFalse();
    assertThat(client.session.isKnown("GET", client.now)).isTrue();
    assertThat(client.session.isKnown("POST", client.now)).isFalse();
    assertThat(client.post("post2", "4a")).containsExactly("post2 " + UNKNOWN);
    client.pass(500);
    assertThat(client.get("get1")).containsExactly("get1 200 6");
    assertThat(client.session.finished()).isTrue();
    assertThat(client.get("get2")).containsExactly("get2 " + UNKNOWN);
  }

  @Test
  void pollThatItsOwnCloseOvertookTakesWhatWasSentBefore() {
    client.send("a", "b");
    client.post("post1", "1");
    client.send("c");
    assertThat(client.get("get1")).containsExactly("get1 200 4a\u001e4b");
    assertThat(client.session.finished()).isTrue();
    assertThat(client.session.held()).isZero();
  }

  @Test
  void clientThatHasPolledBeforeFindsNoSessionAfterItsClose() {
    client.send("a");
    client.get("get1");
    client.post("post1", "1");
    assertThat(client.session.finished()).isTrue();
    assertThat(client.get("get2")).containsExactly("get2 " + UNKNOWN);
  }

  @Test
  void nobodyComesForThatPollForLong() {
    client.post("post1", "1");
    client.pass(1_000);
    assertThat(client.session.finished()).isTrue();
    assertThat(client.session.nextDeadline()).isEqualTo(EngineSession.NEVER);
  }

  @Test
  void packetsAfterAClosePacketDoNotCount() {
    assertThat(client.post("post1", "4a\u001e1\u001e4b\u001exyz")).containsExactly("post1 200 ok");
    assertThat(client.messages()).containsExactly("a");
    assertThat(client.ended()).isEqualTo(TRANSPORT_CLOSE);
    client = EngineDriver.polling(V3);
    assertThat(client.post("post1", "1:12:4b")).containsExactly("post1 200 ok");
    assertThat(client.messages()).isEmpty();
  }

  @Test
  void orderlyCloseRidesOnTheWaitingPoll() {
    client.get("get1");
    assertThat(client.close(FORCED_CLOSE)).containsExactly("get1 200 1");
    assertThat(client.ended()).isEqualTo(FORCED_CLOSE);
    assertThat(client.session.finished()).isTrue();

    client = EngineDriver.polling(V3);
    client.get("get1");
    assertThat(client.close(FORCED_CLOSE)).containsExactly("get1 200 1:1");
  }

  @Test
  void orderlyCloseNeverSharesAnAnswerWithAMessage() {
    client.get("get1");
    client.session.send(EnginePacket.message("1"));
    assertThat(client.close(FORCED_CLOSE)).containsExactly("get1 200 41");
    assertThat(client.session.finished()).isFalse();
    assertThat(client.get("get2")).containsExactly("get2 200 6\u001e1");
    assertThat(client.session.finished()).isTrue();
    assertThat(client.ended()).isEqualTo(FORCED_CLOSE);
  }

  @Test
  void orderlyCloseWaitsForAPoll() {
    assertThat(client.close(FORCED_CLOSE)).isEmpty();
    assertThat(client.ended()).isEqualTo(FORCED_CLOSE);
    assertThat(client.session.isKnown("GET", client.now)).isTrue();
    assertThat(client.send("too late")).isEmpty();
    assertThat(client.post("post1", "4ignored")).containsExactly("post1 200 ok");
    client.pass(29_999);
    assertThat(client.get("get1")).containsExactly("get1 200 6\u001e1");
    assertThat(client.session.finished()).isTrue();
    assertThat(client.messages()).isEmpty();

    client = EngineDriver.polling(V3);
    client.close(FORCED_CLOSE);
    assertThat(client.get("get1")).containsExactly("get1 200 1:61:1");
  }

  @Test
  void orderlyCloseLetsWaitingPacketsOutFirst() {
    client.send("a");
    client.close(FORCED_CLOSE);
    assertThat(client.get("get1")).containsExactly("get1 200 4a");
    assertThat(client.get("get2")).containsExactly("get2 200 6\u001e1");
    assertThat(client.session.finished()).isTrue();
  }

  @Test
  void orderlyCloseGivesUpAfterTheLinger() {
    client.close(FORCED_CLOSE);
    assertThat(client.pass(30_000)).isEmpty();
    assertThat(client.session.finished()).isTrue();
    assertThat(client.session.nextDeadline()).isEqualTo(EngineSession.NEVER);
  }

  @Test
  void clientMayEndAClosingSessionItself() {
    client.close(FORCED_CLOSE);
    assertThat(client.post("post1", "1")).containsExactly("post1 200 ok");
    assertThat(client.session.finished()).isTrue();
    assertThat(client.ended()).isEqualTo(FORCED_CLOSE);
  }

  @Test
  void shutdownWaitsForAPollButNotForLong() {
    client.send("bye");
    assertThat(client.close(SERVER_SHUTTING_DOWN)).isEmpty();
    assertThat(client.get("get1")).containsExactly("get1 200 4bye");
    assertThat(client.get("get2")).containsExactly("get2 200 6\u001e1");
    assertThat(client.session.finished()).isTrue();
    client = EngineDriver.polling(V4);
    assertThat(client.close(SERVER_SHUTTING_DOWN)).isEmpty();
    assertThat(client.pass(1_999)).isEmpty();
    assertThat(client.session.finished()).isFalse();
    client.pass(1);
    assertThat(client.session.finished()).isTrue();
    client = EngineDriver.polling(V4);
    client.get("get1");
    assertThat(client.close(SERVER_SHUTTING_DOWN)).containsExactly("get1 200 1");
  }

  @Test
  void clientThatDoesNotPollLosesItsSessionAtTheLimit() {
    client = EngineDriver.polling(EngineConfigs.limits(1_000, 500), V4);
    for (int i = 0; i < 10; i++) {
      client.send("0123456789");
      assertThat(client.ended()).isNull();
    }
    client.send(String.join("", Collections.nCopies(50, "x")));
    assertThat(client.ended()).isEqualTo(SLOW_CONSUMER);
  }

  @Test
  void oneAnswerStaysReadable() {
    client = EngineDriver.polling(EngineConfigs.limits(100, 10_000), V4);
    String message = "x".repeat(100);
    for (int i = 0; i < 10; i++) {
      client.send(message);
    }
    int answers = 0;
    for (int left = 10; left > 0; answers++) {
      String answer = client.get("get" + answers).get(0);
      left -= answer.split("\u001e", -1).length;
    }
    assertThat(answers).isEqualTo(3);
  }

  @Test
  void jsonpClientsAreAnsweredWithScripts() {
    client = EngineDriver.polling(EngineConfigs.QUICK, V3 + "&j=7");
    client.get("get1");
    client.session.send(EnginePacket.message("a"));
    assertThat(client.sendBinary("01020304"))
        .containsExactly("get1 200 ___eio[7](\"2:4a10:b4AQIDBA==\");");
    String form = "d=10%3A42%5B%22a%5C%5Cnb%22%5D";
    client.post("post1", "application/x-www-form-urlencoded", Buffer.buffer(form));
    client.post("post2", "application/x-www-form-urlencoded", Buffer.buffer("d=3%3A4%E2%82%AC\\n"));
    assertThat(client.messages()).containsExactly("2[\"a\\nb\"]", "€\n");
  }

  @Test
  void oldestBrowserClientsArePolledInTheBinaryFormOnly() {
    EngineRequest request =
        EngineRequest.of(
            "GET", false, Map.of("EIO", "3", "transport", "polling", "t", "1432000000000-0"));
    EngineSession<String, String> session =
        EngineSession.overPolling(EngineConfigs.QUICK, request, "S", "get", 0);
    var open = (EngineWrite.Respond<String, String>) session.pollWrite();
    assertThat(open.contentType()).isEqualTo("application/octet-stream");
    assertThat(open.body().getByte(0)).isZero();
    session.pollArrived("poll", request, 1);
    session.send(EnginePacket.message("é"));
    var poll = (EngineWrite.Respond<String, String>) session.pollWrite();
    assertThat(poll.contentType()).isEqualTo("application/octet-stream");
    assertThat(poll.body().getBytes()).containsExactly(0, 3, 0xff, '4', 0xc3, 0xa9);
  }

  @Test
  void requestAfterThePingTimeoutFindsNoSession() {
    client = EngineDriver.polling(V4);
    client.session.setLastWords(reason -> List.of(EnginePacket.message("bye")));
    client.pass(500);
    assertThat(client.ended()).isEqualTo(EngineCloseReason.PING_TIMEOUT);
    assertThat(client.get("late")).allMatch(answer -> answer.startsWith("late 400"));
  }

  @Test
  void heldPollIsAnsweredWithTheReasonOfAPingTimeout() {
    client = EngineDriver.polling(V4);
    client.session.setLastWords(reason -> List.of(EnginePacket.message("bye")));
    client.get("get1");
    client.pass(300);
    client.get("get2");
    assertThat(client.pass(200)).containsExactly("get2 200 4bye");
  }
}
