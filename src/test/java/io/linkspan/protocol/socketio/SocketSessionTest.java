package io.linkspan.protocol.socketio;

import static io.linkspan.protocol.engineio.EngineCloseReason.FORCED_CLOSE;
import static io.linkspan.protocol.engineio.EngineCloseReason.FORCED_SERVER_CLOSE;
import static io.linkspan.protocol.engineio.EngineCloseReason.PARSE_ERROR;
import static io.linkspan.protocol.engineio.EngineCloseReason.PING_TIMEOUT;
import static io.linkspan.protocol.engineio.EngineCloseReason.SERVER_SHUTTING_DOWN;
import static io.linkspan.protocol.engineio.EngineCloseReason.TRANSPORT_CLOSE;
import static io.linkspan.protocol.engineio.EngineCloseReason.TRANSPORT_ERROR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.EngineConfigs;
import io.linkspan.protocol.engineio.EngineDriver;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.FormFields;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SocketSessionTest {
  private static final SocketConfig CONFIG = new SocketConfig(Duration.ofMillis(400), 4, 3, 2);
  private static final String V4 = "EIO=4&transport=websocket";
  private static final String V3 = "EIO=3&transport=websocket";

  private EngineDriver wire;
  private SocketSession<String, String> client;
  private final List<SocketEvent> events = new ArrayList<>();

  // ------------------------------------------------------------------ joining

  @Test
  void newClientJoinsWithItsCredentials() {
    open(V4);
    assertThat(turn()).isEmpty();
    assertThat(text("40{\"token\":\"abc\"}")).isEmpty();
    assertThat(last())
        .isEqualTo(
            new SocketEvent.ConnectRequested("/", "{\"token\":\"abc\"}", Map.of("foo", "bar")));
    assertThat(client.isJoined("/")).isFalse();
    assertThat(client.accept("/", "id1", null)).isTrue();
    client.send(packet("/", "auth", "[1]"));
    assertThat(turn()).containsExactly("ws 40{\"sid\":\"id1\"}", "ws 42[\"auth\",1]");
    assertThat(client.isJoined("/")).isTrue();
  }

  @Test
  void newClientJoinsAnyNumberOfNamespaces() {
    open(V4);
    text("40/admin,{\"token\":\"123\"}");
    client.accept("/admin", "id1", "secret");
    assertThat(turn()).containsExactly("ws 40/admin,{\"sid\":\"id1\",\"pid\":\"secret\"}");
    text("40/plain");
    assertThat(last())
        .isEqualTo(new SocketEvent.ConnectRequested("/plain", "{}", Map.of("foo", "bar")));
    client.accept("/plain", "id2", null);
    assertThat(turn()).containsExactly("ws 40/plain,{\"sid\":\"id2\"}");
    text("42/admin,[\"x\"]");
    assertThat(last()).isEqualTo(event("/admin", -1, "x", "[]"));
  }

  @Test
  void newClientIsRefusedWithAnObject() {
    joined(V4);
    text("40/nosuch,");
    client.refuse("/nosuch", "Invalid namespace", null, wire.now);
    assertThat(turn()).containsExactly("ws 44/nosuch,{\"message\":\"Invalid namespace\"}");
    text("40/admin");
    client.refuse("/admin", "not \"authorized\"", "{\"content\":\"retry later\"}", wire.now);
    assertThat(turn())
        .containsExactly(
            "ws 44/admin,{\"message\":\"not \\\"authorized\\\"\",\"data\":{\"content\":\"retry later\"}}");
    text("40/admin");
    assertThat(client.accept("/admin", "id2", null)).isTrue();
    assertThat(ended()).isNull();
  }

  @Test
  void oldClientIsInTheMainNamespaceFromTheStart() {
    open(V3);
    assertThat(turn()).isEmpty();
    assertThat(last()).isEqualTo(new SocketEvent.ConnectRequested("/", "{}", Map.of("foo", "bar")));
    client.accept("/", "S", null);
    assertThat(turn()).containsExactly("ws 40");
    pass(400);
    assertThat(ended()).isNull();
  }

  @Test
  void oldClientOnPollingIsToldWithItsSecondAnswer() {
    open("EIO=3&transport=polling");
    turn();
    client.accept("/", "S", null);
    assertThat(turn()).isEmpty();
    wire.session.pollArrived("get1", pollRequest("EIO=3"), wire.now);
    assertThat(turn()).containsExactly("get1 200 2:40");
  }

  @Test
  void oldClientJoinsWithAQuery() {
    joined(V3);
    text("40/dyn-7?a=1&b=%2F,");
    var request = (SocketEvent.ConnectRequested) last();
    assertThat(request.namespace()).isEqualTo("/dyn-7");
    assertThat(request.auth()).isEqualTo("{\"a\":\"1\",\"b\":\"/\"}");
    assertThat(request.query()).isEqualTo(Map.of("foo", "bar", "a", "1", "b", "/"));
    client.accept("/dyn-7", "ignored", null);
    assertThat(turn()).containsExactly("ws 40/dyn-7,");
    text("42/dyn-7?a=1&b=%2F,0[\"x\"]");
    assertThat(last()).isEqualTo(event("/dyn-7", 0, "x", "[]"));
  }

  @Test
  void oldClientIsRefusedWithAString() {
    joined(V3);
    text("40/nosuch,");
    client.refuse("/nosuch", "Invalid namespace", "{\"code\":1}", wire.now);
    assertThat(turn()).containsExactly("ws 44/nosuch,\"Invalid namespace\"");
    text("40/plain,");
    client.refuse("/plain", "nope", "\"4401\"", wire.now);
    assertThat(turn()).containsExactly("ws 44/plain,\"4401\"");
  }

  @Test
  void oldClientMayBeRefusedTheMainNamespace() {
    open(V3);
    turn();
    client.refuse("/", "nope", null, wire.now);
    assertThat(turn()).containsExactly("ws 44\"nope\"");
  }

  @Test
  void clientThatJoinsNothingIsClosed() {
    open(V4);
    text("40");
    pass(300);
    text("3");
    assertThat(pass(99)).isEmpty();
    assertThat(pass(1)).containsExactly("ws close");
    assertThat(ended()).isEqualTo(FORCED_SERVER_CLOSE);
    assertThat(client.accept("/", "late", null)).isFalse();
    assertThat(turn()).isEmpty();
  }

  @Test
  void namespacesOfOneClientAreBounded() {
    joined(V4);
    for (String name : List.of("/a", "/b", "/c")) {
      text("40" + name);
    }
    assertThat(text("40/d"))
        .containsExactly(
            "ws 44/d,{\"message\":\"Too many namespaces\",\"data\":{\"reason\":\"too-many-namespaces\"}}");
    assertThat(events).hasSize(3);
  }

  @Test
  void refusalsOfOneClientAreBounded() {
    joined(V4);
    for (int i = 0; i < 3; i++) {
      assertThat(ended()).isNull();
      text("40/x");
      client.refuse("/x", "no", null, wire.now);
      turn();
    }
    assertThat(ended()).isEqualTo(FORCED_SERVER_CLOSE);
  }

  // -------------------------------------------------------------- state rules

  @ParameterizedTest
  @ValueSource(strings = {V3, V4})
  void secondConnectToAJoinedNamespaceIsIgnored(String query) {
    joined(query);
    events.clear();
    assertThat(text("40")).isEmpty();
    assertThat(events).isEmpty();
    assertThat(text("42[\"x\"]")).isEmpty();
    assertThat(events).hasSize(1);
    assertThat(ended()).isNull();
  }

  @Test
  void secondRequestWhileTheFirstIsPendingIsIgnored() {
    open(V4);
    text("40");
    assertThat(text("40")).isEmpty();
    assertThat(events).hasSize(1);
    client.accept("/", "id", null);
    assertThat(turn()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"430[]", "41", "43/admin,0[]", "41/admin,"})
  void acknowledgementOrDisconnectForANamespaceThatIsNotJoinedIsIgnored(String packet) {
    open(V4);
    assertThat(text(packet)).isEmpty();
    text("40");
    text("40/admin");
    assertThat(text(packet)).isEmpty();
    client.accept("/", "id", null);
    assertThat(turn()).containsExactly("ws 40{\"sid\":\"id\"}");
    assertThat(ended()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"42[\"x\"]", "42/admin,[\"x\"]"})
  void eventForANamespaceThatWasNeverJoinedEndsTheTransportSoThatTheClientReconnects(
      String packet) {
    open(V4);
    assertThat(text(packet)).containsExactly("ws close");
    assertThat(ended()).isEqualTo(TRANSPORT_ERROR);
  }

  @Test
  void eventsForAPendingNamespaceWaitUntilItIsJoined() {
    open(V4);
    text("40");
    text("42[\"first\"]");
    text("42[\"second\"]");
    assertThat(events).hasSize(1);
    client.accept("/", "id", null);
    assertThat(turn()).containsExactly("ws 40{\"sid\":\"id\"}");
    text("42[\"third\"]");
    assertThat(events.stream().skip(1).map(event -> ((SocketPacket.Event) event).name()))
        .containsExactly("first", "second", "third");
  }

  @Test
  void eventsForAPendingNamespaceAreBounded() {
    open(V4);
    text("40");
    for (int i = 0; i < 100; i++) {
      assertThat(text("42[\"x\"]")).isEmpty();
    }
    assertThat(text("42[\"x\"]")).containsExactly("ws close");
    assertThat(ended()).isEqualTo(TRANSPORT_ERROR);
    open(V4);
    text("40");
    String half = "42[\"x\",\"" + "a".repeat(500_000) + "\"]";
    assertThat(text(half)).isEmpty();
    assertThat(text(half)).containsExactly("ws close");
  }

  @ParameterizedTest
  @ValueSource(strings = {"44{\"message\":\"x\"}", "44\"x\""})
  void connectErrorFromAClientClosesEverything(String packet) {
    joined(V4);
    assertThat(text(packet)).containsExactly("ws close");
    assertThat(ended()).isEqualTo(FORCED_SERVER_CLOSE);
  }

  @Test
  void tooManyAttachmentsCloseEverythingAsTooLarge() {
    joined(V4);
    assertThat(text("4511-[\"x\"]")).containsExactly("ws close 1009");
    assertThat(ended()).isEqualTo(EngineCloseReason.TOO_LARGE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4abc",
        "4",
        "42{}",
        "42abc[\"x\"]",
        "42",
        "43",
        "42[\"x\"]z",
        "450-[]",
        "42[\"connect\"]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":1}]",
        "41{}",
        "40[]"
      })
  void malformedPacketClosesEverything(String packet) {
    joined(V4);
    assertThat(text(packet)).containsExactly("ws close");
    assertThat(ended()).isEqualTo(FORCED_CLOSE);
    assertThat(((SocketEvent.Closed) last()).detail()).isNotBlank();
    assertThat(text("42[\"x\"]")).isEmpty();
    assertThat(events).hasSize(1);
  }

  @Test
  void malformedPacketOverPollingIsAnsweredWithAClose() {
    open("EIO=4&transport=polling");
    assertThat(wirePost("4abc")).containsExactly("post 200 ok");
    assertThat(ended()).isEqualTo(FORCED_CLOSE);
    wire.session.pollArrived("get1", pollRequest("EIO=4"), wire.now);
    assertThat(turn()).containsExactly("get1 200 6\u001e1");
  }

  @Test
  void strayBytesAndMissingBytesCloseEverything() {
    joined(V4);
    assertThat(binary("01")).containsExactly("ws close");
    assertThat(ended()).isEqualTo(FORCED_CLOSE);
    joined(V4);
    text("451-[\"x\"]");
    assertThat(text("42[\"y\"]")).containsExactly("ws close");
    assertThat(ended()).isEqualTo(FORCED_CLOSE);
  }

  @Test
  void attachmentsThatDoNotComeCloseEverything() {
    joined(V3);
    text("452-[\"x\"]");
    pass(300);
    binary("0401");
    text("2");
    assertThat(pass(199)).isEmpty();
    assertThat(pass(1)).containsExactly("ws close");
    assertThat(ended()).isEqualTo(FORCED_CLOSE);
  }

  @Test
  void heartbeatMayComeBetweenAttachments() {
    joined(V4);
    text("452-[\"x\",{\"_placeholder\":true,\"num\":1}]");
    binary("01");
    assertThat(pass(300)).containsExactly("ws 2");
    text("3");
    binary("02");
    var event = (SocketPacket.Event) last();
    assertThat((Object) event.arguments().values().getList())
        .isEqualTo(List.of(Buffer.buffer(new byte[] {2})));
    assertThat(client.nextDeadline()).isEqualTo(wire.session.nextDeadline());
  }

  // ------------------------------------------------------------------ leaving

  @Test
  void clientLeavesANamespaceAndTheConnectionStays() {
    joined(V4);
    assertThat(text("41")).isEmpty();
    assertThat(last()).isEqualTo(new SocketEvent.Left("/"));
    assertThat(client.send(packet("/", "x", "[]"))).isFalse();
    assertThat(pass(300)).containsExactly("ws 2");
    text("3");
    text("40");
    assertThat(last()).isInstanceOf(SocketEvent.ConnectRequested.class);
    client.accept("/", "id2", null);
    assertThat(turn()).containsExactly("ws 40{\"sid\":\"id2\"}");
  }

  @Test
  void packetsThatCrossALeaveAreIgnoredForSomeSeconds() {
    open("EIO=4&transport=polling");
    wirePost("40");
    client.accept("/", "id", null);
    events.clear();
    wirePost("41\u001e42[\"x\"]\u001e430[]");
    wirePost("42[\"x\"]");
    wirePost("430[]");
    wirePost("41");
    assertThat(events).containsExactly(new SocketEvent.Left("/"));
    assertThat(ended()).isNull();
    wire.now += 10_000;
    wirePost("42[\"x\"]");
    assertThat(ended()).isEqualTo(TRANSPORT_ERROR);
  }

  @Test
  void clientPutOutOfANamespaceMayStillHaveSentSomething() {
    joined(V4);
    text("40/admin");
    client.accept("/admin", "id2", null);
    turn();
    client.leave("/admin");
    assertThat(turn()).containsExactly("ws 41/admin,");
    events.clear();
    text("42/admin,[\"x\"]");
    text("42[\"y\"]");
    text("41/admin,");
    assertThat(events).containsExactly(event("/", -1, "y", "[]"));
    text("40/admin");
    assertThat(last()).isInstanceOf(SocketEvent.ConnectRequested.class);
  }

  @Test
  void disconnectLeavesEveryNamespaceAndCloses() {
    joined(V4);
    text("40/admin");
    client.accept("/admin", "id2", null);
    turn();
    client.disconnect(wire.now);
    assertThat(turn()).contains("ws 41", "ws 41/admin,").hasSize(3).endsWith("ws close");
    assertThat(ended()).isEqualTo(FORCED_SERVER_CLOSE);
    assertThat(client.isJoined("/")).isFalse();
  }

  @Test
  void everyEndOfTheEngineIsAnEnd() {
    joined(V4);
    wire.session.webSocket().closed("ws");
    turn();
    assertThat(ended()).isEqualTo(TRANSPORT_CLOSE);
    joined(V4);
    pass(500);
    assertThat(ended()).isEqualTo(PING_TIMEOUT);
    joined(V4);
    client.close(SERVER_SHUTTING_DOWN, wire.now);
    assertThat(turn()).containsExactly("ws close 1001");
    assertThat(ended()).isEqualTo(SERVER_SHUTTING_DOWN);
    assertThat(client.nextDeadline()).isEqualTo(EngineSession.NEVER);
  }

  private void explainEnds() {
    client.setLastWords(
        (namespace, reason) ->
            reason == TRANSPORT_CLOSE
                ? List.of()
                : List.of(
                    EncodedPacket.event(
                        namespace,
                        SocketPacket.NO_ACK,
                        "closing",
                        Arguments.of(JsonArray.of(reason.text()))),
                    EncodedPacket.disconnect(namespace)));
  }

  @Test
  void whoIsSilentOrBreaksARuleHearsWhyInEachNamespace() {
    joined(V4);
    explainEnds();
    assertThat(pass(500))
        .containsExactly("ws 2", "ws 42[\"closing\",\"ping timeout\"]", "ws 41", "ws close");
    assertThat(ended()).isEqualTo(PING_TIMEOUT);
    joined(V4);
    explainEnds();
    assertThat(text("4x"))
        .containsExactly("ws 42[\"closing\",\"forced close\"]", "ws 41", "ws close");
    assertThat(ended()).isEqualTo(FORCED_CLOSE);
    joined(V4);
    explainEnds();
    assertThat(text("x"))
        .containsExactly("ws 42[\"closing\",\"parse error\"]", "ws 41", "ws close");
    assertThat(ended()).isEqualTo(PARSE_ERROR);
    joined(V4);
    explainEnds();
    // The side that closes has sent its reason.
    client.close(SERVER_SHUTTING_DOWN, wire.now);
    assertThat(turn()).containsExactly("ws close 1001");
  }

  @Test
  void heldPollIsAnsweredWithTheReasonOfThePingTimeout() {
    open("EIO=4&transport=polling");
    wirePost("40");
    client.accept("/", "id", null);
    turn();
    wire.session.pollArrived("get1", pollRequest("EIO=4"), wire.now);
    turn();
    explainEnds();
    pass(300);
    wire.session.pollArrived("get2", pollRequest("EIO=4"), wire.now);
    turn();
    wire.session.pollArrived("get3", pollRequest("EIO=4"), wire.now);
    turn();
    assertThat(pass(200)).containsExactly("get3 200 42[\"closing\",\"ping timeout\"]\u001e41");
    assertThat(ended()).isEqualTo(PING_TIMEOUT);
  }

  @Test
  void eventsBeforeTheClientsCloseStillCount() {
    open("EIO=4&transport=polling");
    wirePost("40");
    client.accept("/", "id", null);
    events.clear();
    wirePost("42[\"x\"]\u001e1");
    assertThat(events)
        .containsExactly(event("/", -1, "x", "[]"), new SocketEvent.Closed(TRANSPORT_CLOSE, ""));
  }

  // --------------------------------------------------------- events and acks

  @Test
  void eventsAndAcksGoBothWays() {
    for (String query : List.of(V4, V3)) {
      joined(query);
      text("420[\"ask\",\"é€😀\"]");
      assertThat(last()).isEqualTo(event("/", 0, "ask", "[\"é€😀\"]"));
      client.send(EncodedPacket.ack("/", 0, arguments("[\"answer\",\"é€😀\"]")));
      assertThat(turn()).containsExactly("ws 430[\"answer\",\"é€😀\"]");
      EncodedPacket question = EncodedPacket.event("/", 1, "question", arguments("[{\"n\":1}]"));
      assertThat(client.ask(question, wire.now + 100)).isTrue();
      assertThat(turn()).containsExactly("ws 421[\"question\",{\"n\":1}]");
      text("431[\"yes\"]");
      assertThat(last()).isEqualTo(new SocketPacket.Ack("/", 1, arguments("[\"yes\"]")));
    }
  }

  @Test
  void bytesGoBothWays() {
    joined(V4);
    text("451-[\"bin\",{\"_placeholder\":true,\"num\":0}]");
    binary("01020304");
    assertThat(((SocketPacket.Event) last()).arguments().attachments()).hasSize(1);
    var values = new JsonArray().add(new byte[] {9, 8, 7});
    client.send(EncodedPacket.ack("/", 1, Arguments.of(values)));
    assertThat(turn())
        .containsExactly("ws 461-1[{\"_placeholder\":true,\"num\":0}]", "ws <090807>");
    joined(V3);
    client.send(EncodedPacket.event("/", -1, "bin", Arguments.of(values)));
    assertThat(turn())
        .containsExactly("ws 451-[\"bin\",{\"_placeholder\":true,\"num\":0}]", "ws <04090807>");
  }

  @Test
  void ackIsTakenOnce() {
    joined(V4);
    client.ask(EncodedPacket.event("/", 7, "q", Arguments.NONE), wire.now + 100);
    text("430[]");
    assertThat(events).isEmpty();
    text("437[]");
    text("437[]");
    assertThat(events).hasSize(1);
    assertThat(ended()).isNull();
  }

  @Test
  void ackThatDoesNotComeTimesOut() {
    joined(V4);
    client.ask(EncodedPacket.event("/", 1, "q", Arguments.NONE), wire.now + 100);
    client.ask(EncodedPacket.event("/", 2, "q", Arguments.NONE), wire.now + 50);
    pass(50);
    assertThat(events).containsExactly(new SocketEvent.AckTimedOut("/", 2));
    pass(49);
    text("431[]");
    assertThat(last()).isEqualTo(new SocketPacket.Ack("/", 1, Arguments.NONE));
    pass(10);
    text("432[]");
    assertThat(events).hasSize(2);
  }

  @Test
  void acksOwedAreBoundedAndForgotten() {
    joined(V4);
    long deadline = wire.now + 100;
    assertThat(client.ask(EncodedPacket.event("/", 1, "q", Arguments.NONE), deadline)).isTrue();
    assertThatThrownBy(() -> client.ask(EncodedPacket.event("/", 1, "q", Arguments.NONE), deadline))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(client.ask(EncodedPacket.event("/", 2, "q", Arguments.NONE), deadline)).isTrue();
    assertThat(client.ask(EncodedPacket.event("/", 3, "q", Arguments.NONE), deadline)).isFalse();
    client.forget("/", 1);
    assertThat(client.ask(EncodedPacket.event("/", 3, "q", Arguments.NONE), deadline)).isTrue();
    text("41");
    pass(200);
    assertThat(events).containsExactly(new SocketEvent.Left("/"));
  }

  @Test
  void onePacketServesManyClients() {
    EncodedPacket packet =
        EncodedPacket.event("/", -1, "m", Arguments.of(new JsonArray().add(new byte[] {1})));
    String header = "451-[\"m\",{\"_placeholder\":true,\"num\":0}]";
    joined(V4);
    client.send(packet);
    assertThat(turn()).containsExactly("ws " + header, "ws <01>");
    joined(V3);
    client.send(packet);
    assertThat(turn()).containsExactly("ws " + header, "ws <0401>");
    joined(V3 + "&b64=1");
    client.send(packet);
    assertThat(turn()).containsExactly("ws " + header, "ws b4AQ==");
  }

  // ----------------------------------------------------------------- recovery

  @Test
  void clientAsksForItsSessionAndGetsWhatItMissedBeforeTheReply() {
    open(V4);
    text("40{\"pid\":\"_bg35\",\"offset\":\"Q80nhC8\",\"token\":\"t\"}");
    var request = (SocketEvent.ConnectRequested) last();
    assertThat(request.recovery()).isEqualTo(new SocketEvent.Recovery("_bg35", "Q80nhC8"));
    EncodedPacket two = EncodedPacket.event("/", -1, "m", arguments("[\"two\"]"), "Q80nhFI");
    client.recover("/", "id", "_bg35", List.of(two));
    assertThat(turn())
        .containsExactly(
            "ws 42[\"m\",\"two\",\"Q80nhFI\"]", "ws 40{\"sid\":\"id\",\"pid\":\"_bg35\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"pid\":\"a\"}",
        "{\"pid\":1,\"offset\":\"b\"}",
        "{\"pid\":\"a\",\"offset\":null}",
        "{\"offset\":\"b\"}",
        "{\"a\":{\"pid\":\"a\",\"offset\":\"b\"}}"
      })
  void recoveryTakesTwoStrings(String auth) {
    assertThat(new SocketEvent.ConnectRequested("/", auth, Map.of()).recovery()).isNull();
  }

  // ------------------------------------------------------------------ helpers

  private void open(String query) {
    open(query, CONFIG);
  }

  private void open(String query, SocketConfig config) {
    wire =
        query.contains("polling")
            ? EngineDriver.polling(EngineConfigs.QUICK, query)
            : EngineDriver.webSocket(EngineConfigs.QUICK, query);
    client =
        new SocketSession<>(
            wire.session, EngineConfigs.QUICK, config, Map.of("foo", "bar"), wire.now);
    events.clear();
  }

  /** Opens, and is in the main namespace. */
  private void joined(String query) {
    open(query);
    if (query.contains("EIO=4")) {
      text("40");
    }
    turn();
    client.accept("/", "id", null);
    turn();
    events.clear();
  }

  private List<String> text(String text) {
    wire.session.webSocket().text("ws", text, wire.now);
    return turn();
  }

  private List<String> binary(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    wire.session.webSocket().binary("ws", Buffer.buffer(bytes), wire.now);
    return turn();
  }

  private List<String> wirePost(String body) {
    wire.session.postStarted("post", pollRequest("EIO=4"), null, -1, wire.now);
    wire.session.postChunk("post", Buffer.buffer(body));
    wire.session.postEnded("post", wire.now);
    return turn();
  }

  private static EngineRequest pollRequest(String query) {
    return EngineRequest.of("GET", false, FormFields.decode(query));
  }

  private List<String> pass(long milliseconds) {
    long end = wire.now + milliseconds;
    List<String> all = new ArrayList<>();
    while (client.nextDeadline() <= end) {
      wire.now = client.nextDeadline();
      client.advanceTo(wire.now);
      all.addAll(turn());
    }
    wire.now = end;
    return all;
  }

  private List<String> turn() {
    for (SocketEvent event; (event = client.pollEvent(wire.now)) != null; ) {
      events.add(event);
    }
    return wire.drainWrites();
  }

  private SocketEvent last() {
    return events.get(events.size() - 1);
  }

  private EngineCloseReason ended() {
    return !events.isEmpty() && last() instanceof SocketEvent.Closed closed
        ? closed.reason()
        : null;
  }

  private static SocketPacket.Event event(String namespace, long id, String name, String json) {
    return new SocketPacket.Event(namespace, id, name, arguments(json));
  }

  private static EncodedPacket packet(String namespace, String name, String json) {
    return EncodedPacket.event(namespace, SocketPacket.NO_ACK, name, arguments(json));
  }

  private static Arguments arguments(String json) {
    return Arguments.parse(json, List.of());
  }
}
