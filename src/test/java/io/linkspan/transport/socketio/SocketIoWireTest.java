package io.linkspan.transport.socketio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Service;
import io.linkspan.connection.CloseReason;
import io.linkspan.testing.Patience;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawHttp.Response;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests requests on the wire of Socket.IO, the bad ones above all. */
class SocketIoWireTest {

  private static final String V4 = "/socket.io/?EIO=4&transport=polling";
  private static final String V3 = "/socket.io/?EIO=3&transport=polling";

  private TestGateway gateway;
  private BlockingQueue<JsonObject> events;

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
  }

  private void start(String... settings) {
    Map<String, String> all = new HashMap<>();
    // Each request has a connection of its own, and so comes to another loop than the one before.
    all.put("eventLoops", "3");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    gateway = TestGateway.start(all);
    events = gateway.events();
  }

  private int port() {
    return gateway.httpPort();
  }

  private Response get(String target, String... headers) {
    return RawHttp.get(port(), target, headers).response();
  }

  private Response post(String target, String body) {
    return RawHttp.post(port(), target, body).response();
  }

  /** The sid of a new session that polls. */
  private String open(String target) {
    String body = get(target).body();
    return new JsonObject(body.substring(body.indexOf('{'))).getString("sid");
  }

  /** The target for polls of a new session that is in the main namespace. */
  private String joined(String query) {
    String target = V4 + query;
    target += "&sid=" + open(target);
    assertThat(post(target, "40").body()).isEqualTo("ok");
    assertThat(get(target).body()).startsWith("40{\"sid\":");
    return target;
  }

  private void awaitNobody() {
    await()
        .untilAsserted(
            () -> {
              assertThat(gateway.node().getInteger("sessions")).isZero();
              assertThat(gateway.node().getJsonObject("connections").getInteger("socketio"))
                  .isZero();
            });
  }

  private String reason() throws InterruptedException {
    for (JsonObject event; (event = events.poll(Patience.SECONDS, TimeUnit.SECONDS)) != null; ) {
      if (event.getString("event").equals("disconnected")) {
        return event.getString("reason");
      }
    }
    throw new AssertionError("nobody left");
  }

  private void serve(Service.Handler handler) {
    TestGateway.await(Service.register(gateway.vertx(), "inbound", handler));
  }

  private static void assertError(Response response, int code, String message) {
    assertThat(response.status()).isEqualTo(code == 4 ? 403 : 400);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    assertThat(new JsonObject(response.body()))
        .isEqualTo(new JsonObject().put("code", code).put("message", message));
  }

  // --------------------------------------------------------------- front door

  @Test
  void thePathIsServedWithAndWithoutItsLastSlashAndNothingBelowIt() {
    start();
    assertThat(get("/socket.io?EIO=4&transport=polling").status()).isEqualTo(200);
    assertThat(get("/socket.io/?EIO=4&transport=polling").status()).isEqualTo(200);
    assertThat(get("/socket.io/x?EIO=4&transport=polling").status()).isEqualTo(404);
    assertThat(get("/socket.iox/?EIO=4&transport=polling").status()).isEqualTo(404);
  }

  @Test
  void anOpenPacketSaysWhatIsConfiguredAndNamesTheOwner() {
    start("socketio.pingInterval", "7s", "socketio.pingTimeout", "3s");
    Response response = get(V4);
    assertThat(response.header("cache-control")).isEqualTo("no-store");
    JsonObject open = new JsonObject(response.body().substring(1));
    assertThat(open.getString("sid"))
        .matches(gateway.node().getString("node") + "-[012]-[A-Za-z0-9_-]{24}");
    assertThat(open.getJsonArray("upgrades")).containsExactly("websocket");
    assertThat(open.getInteger("pingInterval")).isEqualTo(7_000);
    assertThat(open.getInteger("pingTimeout")).isEqualTo(3_000);
    assertThat(open.getInteger("maxPayload")).isEqualTo(1_000_000);
  }

  @Test
  void handshakesThatMakeNoSenseAreRefusedInTheProtocolsWords() {
    start();
    assertError(get("/socket.io/?EIO=4"), 0, "Transport unknown");
    assertError(get("/socket.io/?EIO=4&transport=__proto__"), 0, "Transport unknown");
    assertError(post(V4, "40"), 2, "Bad handshake method");
    assertError(get("/socket.io/?EIO=4&transport=websocket"), 3, "Bad request");
    assertError(get("/socket.io/?EIO=5&transport=polling"), 5, "Unsupported protocol version");
    assertError(get("/socket.io/?EIO=4&transport=%zz"), 3, "Bad request");
    assertThat(RawWebSocket.connect(port(), "/socket.io/?EIO=4&transport=websocket&sid=x").status())
        .contains(" 400 ");
    awaitNobody();
  }

  @Test
  void clientsWithoutARevisionAreServedUnlessOnlyGenerationFourIs() {
    start();
    for (String eio : new String[] {"", "EIO=1&", "EIO=2&", "EIO=3&"}) {
      assertThat(get("/socket.io/?" + eio + "transport=polling").body()).matches("\\d+:0\\{.*");
    }
    gateway.close();
    start("socketio.generations", "4");
    for (String eio : new String[] {"", "EIO=1&", "EIO=2&", "EIO=3&"}) {
      assertError(
          get("/socket.io/?" + eio + "transport=polling"), 5, "Unsupported protocol version");
    }
  }

  @Test
  void firstOfferedSubprotocolIsChosen() {
    start();
    String target = "/socket.io/?EIO=4&transport=websocket";
    try (RawWebSocket socket =
        RawWebSocket.connect(port(), target, "Sec-WebSocket-Protocol: first, second")) {
      assertThat(socket.responseHead()).containsIgnoringCase("sec-websocket-protocol: first\r\n");
      assertThat(socket.readData().text()).startsWith("0{");
    }
    try (RawWebSocket socket =
        RawWebSocket.connect(port(), "/ws", "Sec-WebSocket-Protocol: first, linkspan.json")) {
      assertThat(socket.responseHead())
          .containsIgnoringCase("sec-websocket-protocol: linkspan.json\r\n");
    }
    try (RawWebSocket socket =
        RawWebSocket.connect(port(), "/ws", "Sec-WebSocket-Protocol: first")) {
      assertThat(socket.status()).contains(" 101 ");
      assertThat(socket.responseHead()).doesNotContainIgnoringCase("sec-websocket-protocol");
    }
  }

  @Test
  void secondWebSocketOfASessionIsAcceptedAndClosedAtOnce() {
    start();
    String sid = open(V4);
    String target = "/socket.io/?EIO=4&transport=websocket&sid=" + sid;
    try (RawWebSocket current = RawWebSocket.connect(port(), target)) {
      current.sendText("2probe");
      assertThat(current.readData().text()).isEqualTo("3probe");
      current.sendText("5");
      for (int i = 0; i < 2; i++) {
        try (RawWebSocket second = RawWebSocket.connect(port(), target)) {
          assertThat(second.status()).contains(" 101 ");
          second.readUntilClosed();
        }
      }
      current.sendText("40");
      assertThat(current.readData().text()).startsWith("40{");
    }
  }

  @Test
  void oneListOfOriginsHoldsForBothTransports() {
    start("http.origins", "https://good.example");
    Response good = get(V4, "Origin: https://good.example");
    assertThat(good.status()).isEqualTo(200);
    assertThat(good.header("access-control-allow-origin")).isEqualTo("https://good.example");
    assertThat(good.header("access-control-allow-credentials")).isEqualTo("true");
    assertThat(good.header("vary")).isEqualToIgnoringCase("Origin");
    Response bad = get(V4, "Origin: https://bad.example");
    assertError(bad, 4, "this origin is not in http.origins");
    assertThat(bad.header("access-control-allow-origin")).isNull();
    String webSocket = "/socket.io/?EIO=4&transport=websocket";
    assertThat(RawWebSocket.connect(port(), webSocket, "Origin: https://bad.example").status())
        .contains(" 403 ");
    assertThat(RawWebSocket.connect(port(), webSocket, "Origin: https://good.example").status())
        .contains(" 101 ");
  }

  @Test
  void aPreflightIsAnsweredBeforeAnythingElse() {
    start("http.origins", "*");
    Response response =
        RawHttp.open(
                port(),
                "OPTIONS",
                "/socket.io/?sid=unknown",
                "Origin: https://any.example",
                "Access-Control-Request-Headers: x-one, x-two")
            .send("\r\n")
            .response();
    assertThat(response.status()).isEqualTo(204);
    assertThat(response.header("access-control-allow-origin")).isEqualTo("https://any.example");
    assertThat(response.header("access-control-allow-headers")).isEqualTo("x-one, x-two");
    assertThat(response.header("access-control-allow-methods")).contains("POST");
  }

  @Test
  void oneAddressGetsItsShareAndThenA429() {
    start("limits.connectionsPerAddress", "2");
    String first = joined("");
    open(V4);
    Response third = get(V4);
    assertThat(third.status()).isEqualTo(429);
    assertThat(third.header("retry-after")).isEqualTo("5");
    assertThat(new JsonObject(third.body()).getString("code")).isEqualTo("rate-limited");
    assertThat(RawWebSocket.connect(port(), "/socket.io/?EIO=4&transport=websocket").status())
        .contains(" 429 ");
    assertThat(post(first, "41").body()).isEqualTo("ok");
    assertThat(post(first, "1").body()).isEqualTo("ok");
    await().until(() -> get(V4).status() == 200);
  }

  @Test
  void transportOfAUserThatConnectsTooOftenEndsSoThatItsClientRetries() {
    start("limits.connectRate.perUser", "1/s");
    joined("&user=alice");
    String target = V4 + "&user=alice";
    target += "&sid=" + open(target);
    post(target, "40");
    assertThat(get(target).body()).isEqualTo("6\u001e1");
    assertThat(get(target).status()).isEqualTo(400);
    String old = V3 + "&user=alice";
    old += "&sid=" + open(old);
    assertThat(get(old).body()).isEqualTo("1:61:1");
    try (SocketIoTestClient client = SocketIoTestClient.open(port(), "user=alice")) {
      client.sendPacket("40");
      assertThat(client.socket().readData().opcode()).isEqualTo(RawWebSocket.CLOSE);
    }
  }

  @Test
  void oldClientsAreInTheMainNamespaceFromTheStart() throws Exception {
    start();
    serve((message, origin) -> Future.succeededFuture());
    String target = V3 + "&user=alice";
    target += "&sid=" + open(target);
    assertThat(get(target).body()).isEqualTo("2:40");
    assertThat(post(target, "11:4212[\"hey\"]").body()).isEqualTo("ok");
    assertThat(get(target).body()).matches("\\d+:4312\\[\\{\"eventId\":\".+\"}]");
    assertThat(post(target, "2:41").body()).isEqualTo("ok");
    assertThat(reason()).isEqualTo("normal");
  }

  // ---------------------------------------------------------------- bad input

  @Test
  void aSidThatIsForeignOrDeadIsUnknown() {
    start();
    for (String sid : List.of("foreign", "00000000-0-" + "x".repeat(24), "%00")) {
      assertError(get(V4 + "&sid=" + sid), 1, "Session ID unknown");
      assertError(post(V4 + "&sid=" + sid, "40"), 1, "Session ID unknown");
    }
    String target = joined("");
    post(target, "1");
    assertError(get(target), 1, "Session ID unknown");
    String opened = V4 + "&sid=" + open(V4);
    // A disconnect overtook the first poll; the poll after it has no session.
    post(opened, "1");
    assertThat(get(opened).body()).isEqualTo("6");
    assertError(get(opened), 1, "Session ID unknown");
    assertError(get(V3 + "&sid=" + open(V4)), 3, "Bad request");
  }

  @Test
  void twoPollsAtOnceEndTheSession() throws Exception {
    start();
    String target = joined("");
    try (RawHttp first = RawHttp.get(port(), target)) {
      List<Response> answers = new ArrayList<>();
      answers.add(get(target));
      answers.add(first.response());
      // Whichever of the two came second is the bad one.
      assertThat(answers).extracting(Response::status).containsExactlyInAnyOrder(400, 200);
      assertThat(answers).extracting(Response::body).containsExactlyInAnyOrder("", "1");
    }
    assertError(get(target), 1, "Session ID unknown");
    assertThat(reason()).isEqualTo("connection-lost");
    awaitNobody();
  }

  @Test
  void twoPostsAtOnceEndTheSession() throws Exception {
    start();
    String target = joined("");
    // Its head and half of its body are there once the gateway has asked for the rest.
    try (RawHttp first =
        RawHttp.open(port(), "POST", target, "Content-Length: 10", "Expect: 100-continue")) {
      first.send("\r\n");
      assertThat(first.interim()).startsWith("HTTP/1.1 100");
      await().until(() -> post(target, "3").status() == 400);
    }
    assertError(get(target), 1, "Session ID unknown");
    assertThat(reason()).isEqualTo("connection-lost");
    awaitNobody();
  }

  @Test
  void aPostThatIsCutInTheMiddleEndsTheSession() throws Exception {
    start();
    String target = joined("");
    try (RawHttp half = RawHttp.open(port(), "POST", target, "Content-Length: 100")) {
      half.send("\r\n42[\"half");
    }
    assertThat(reason()).isEqualTo("connection-lost");
    awaitNobody();
  }

  @Test
  void aPollThatIsGivenUpEndsTheSession() throws Exception {
    start();
    String target = joined("");
    RawHttp.get(port(), target).close();
    assertThat(reason()).isEqualTo("connection-lost");
    awaitNobody();
  }

  @Test
  void aBodyMayBeAsLongAsAnnouncedAndNotLonger() throws Exception {
    start("socketio.maxPayload", "1000");
    serve((message, origin) -> Future.succeededFuture(message));
    String target = joined("");
    String start = "420[\"x\",\"";
    String fits = start + "x".repeat(1_000 - start.length() - 2) + "\"]";
    assertThat(post(target, fits).status()).isEqualTo(200);
    assertThat(get(target).body()).startsWith("430[");
    assertThat(post(target, fits + " ").status()).isEqualTo(413);
    assertThat(reason()).isEqualTo("too-large");
    String other = joined("");
    Response chunked =
        RawHttp.open(port(), "POST", other, "Transfer-Encoding: chunked")
            .send("\r\n3e8\r\n" + fits + "\r\n1\r\n \r\n")
            .response();
    assertThat(chunked.status()).isEqualTo(413);
    assertThat(reason()).isEqualTo("too-large");
    awaitNobody();
  }

  @Test
  void aBodyThatIsTooLongIsAnsweredBeforeItsEndAndReadOnForAWhile() {
    start("socketio.maxPayload", "1000");
    String part = "x".repeat(100_000);
    try (RawHttp whole =
        RawHttp.open(port(), "POST", joined(""), "Content-Length: 2000000").send("\r\n" + part)) {
      assertThat(whole.interim()).startsWith("HTTP/1.1 413").contains("connection: close");
      for (int i = 1; i < 20; i++) {
        whole.send(part);
      }
      whole.awaitEnd();
    }
    try (RawHttp endless =
        RawHttp.open(port(), "POST", joined(""), "Content-Length: 2000000").send("\r\n" + part)) {
      assertThat(endless.interim()).startsWith("HTTP/1.1 413");
      // Nothing more comes, and the gateway does not wait for it for ever.
      endless.awaitEnd();
    }
    awaitNobody();
  }

  @ParameterizedTest
  @ValueSource(strings = {"b!!!!", "bAQI", "", "x", "4abc\u001e", "9"})
  void aBodyThatIsNoPayloadEndsTheSession(String body) throws Exception {
    start();
    String target = joined("");
    assertError(post(target, body), 3, "Bad request");
    assertError(get(target), 1, "Session ID unknown");
    assertThat(reason()).isEqualTo("malformed");
    awaitNobody();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4abc",
        "42{}",
        "42abc[\"x\"]",
        "42",
        "450-[]",
        "451-[",
        "42[\"connect\"]",
        "44{}"
      })
  void aPacketThatIsNoneEndsTheSession(String packet) throws Exception {
    start();
    String target = joined("");
    assertThat(post(target, packet).body()).isEqualTo("ok");
    assertThat(reason()).isEqualTo("malformed");
    try (SocketIoTestClient client = SocketIoTestClient.connect(port(), "user=bob")) {
      client.sendPacket(packet);
      assertThat(reason()).isEqualTo("malformed");
      client.closeCode();
    }
    // The poller learns of it at its next poll, and is then forgotten.
    get(target);
    awaitNobody();
  }

  @Test
  void otherMethodsAreNotAllowed() {
    start();
    String target = joined("");
    Response put = RawHttp.open(port(), "PUT", target, "Content-Length: 0").send("\r\n").response();
    assertThat(put.status()).isEqualTo(405);
    assertThat(put.header("allow")).isEqualTo("GET, POST, OPTIONS");
    assertThat(post(target, "40").status()).isEqualTo(200);
  }

  @Test
  void aThousandHalfOpenHandshakesLeaveNothing() {
    start("socketio.connectTimeout", "1500ms");
    for (int i = 0; i < 500; i++) {
      assertThat(get(V4).status()).isEqualTo(200);
      assertThat(get(V4).status()).isEqualTo(200);
    }
    awaitNobody();
    joined("");
  }

  @Test
  void whoNeverJoinsIsNotWaitedFor() {
    start("socketio.connectTimeout", "300ms");
    try (SocketIoTestClient client = SocketIoTestClient.open(port(), "")) {
      client.socket().readUntilClosed();
    }
    awaitNobody();
  }

  // ------------------------------------------------------------------ upgrade

  @Test
  void aClientUpgradesOnWhicheverLoopItsWebSocketArrives() throws Exception {
    start();
    serve((message, origin) -> Future.succeededFuture(message));
    for (int i = 0; i < 6; i++) {
      String target = joined("&user=alice");
      try (RawHttp poll = RawHttp.get(port(), target);
          RawWebSocket socket =
              RawWebSocket.connect(port(), target.replace("polling", "websocket"))) {
        socket.sendText("2probe");
        assertThat(socket.readData().text()).isEqualTo("3probe");
        assertThat(poll.response().body()).isEqualTo("6");
        assertThat(get(target).body()).isEqualTo("6");
        socket.sendText("5");
        for (int n = 0; n < 200; n++) {
          socket.sendText("42" + n + "[\"n\"," + n + "]");
        }
        for (int n = 0; n < 200; n++) {
          assertThat(socket.readData().text()).isEqualTo("43" + n + "[" + n + "]");
        }
        assertError(get(target), 3, "Bad request");
        try (RawWebSocket second =
            RawWebSocket.connect(port(), target.replace("polling", "websocket"))) {
          second.readUntilClosed();
        }
        socket.sendText("41");
        socket.send(RawWebSocket.CLOSE, true, new byte[0]);
        socket.readUntilClosed();
      }
      assertThat(reason()).isEqualTo("normal");
    }
    awaitNobody();
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4})
  void aClientThatFallsSilentAfterItsUpgradeIsGone(int revision) throws Exception {
    start("socketio.pingInterval", "300ms", "socketio.pingTimeout", "500ms");
    String target = "/socket.io/?transport=polling&user=alice&EIO=" + revision;
    target += "&sid=" + open(target);
    if (revision == 4) {
      post(target, "40");
    }
    get(target);
    try (RawWebSocket socket =
        RawWebSocket.connect(port(), target.replace("polling", "websocket"))) {
      socket.sendText("2probe");
      socket.readData();
      socket.sendText("5");
      assertThat(reason()).isEqualTo("heartbeat-timeout");
      socket.readUntilClosed();
    }
    awaitNobody();
  }

  @ParameterizedTest
  @ValueSource(strings = {"4hello", "2other", "x", "3probe"})
  void aWebSocketThatDoesNotProbeIsDroppedAndTheSessionGoesOn(String first) {
    start();
    String target = joined("");
    try (RawWebSocket socket =
        RawWebSocket.connect(port(), target.replace("polling", "websocket"))) {
      socket.sendText(first);
      socket.readUntilClosed();
    }
    assertThat(post(target, "420[\"x\"]").body()).isEqualTo("ok");
    assertThat(get(target).body()).startsWith("430[{\"error\":");
  }

  // ------------------------------------------------------------------ closing

  @Test
  void whoMustNotReturnIsPutOutAndWhoMayIsOnlyClosed() throws Exception {
    start();
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    try (SocketIoTestClient client = SocketIoTestClient.connect(port(), "user=alice")) {
      String session = TestGateway.await(clients.sessions("alice")).get(0).session();
      TestGateway.await(clients.disconnect(session));
      assertThat(client.readPacket())
          .isEqualTo("42[\"closing\",{\"code\":4410,\"reason\":\"kicked\"}]");
      assertThat(client.readPacket()).isEqualTo("41");
      assertThat(client.socket().readData().opcode()).isEqualTo(RawWebSocket.CLOSE);
    }
    assertThat(reason()).isEqualTo("kicked");
    String poller = joined("&user=bob");
    String bob = TestGateway.await(clients.sessions("bob")).get(0).session();
    TestGateway.await(clients.disconnect(bob));
    // A polling client receives the reason with its next poll and ends with the one after it.
    assertThat(get(poller).body())
        .isEqualTo("42[\"closing\",{\"code\":4410,\"reason\":\"kicked\"}]\u001e41");
    assertThat(get(poller).body()).isEqualTo("6\u001e1");
    assertError(get(poller), 1, "Session ID unknown");
    try (SocketIoTestClient client = SocketIoTestClient.connect(port(), "user=alice")) {
      Future<Void> drained = gateway.drain();
      assertThat(client.readPacket())
          .isEqualTo("42[\"closing\",{\"code\":1001,\"reason\":\"going-away\"}]");
      assertThat(client.socket().readData().closeCode()).isEqualTo(1001);
      TestGateway.await(drained);
    }
  }

  @Test
  void aPollerIsSentAwayWithACleanEnd() throws Exception {
    start();
    String poller = joined("&user=bob");
    Future<Void> drained = gateway.drain();
    assertThat(get(poller).body())
        .isEqualTo("42[\"closing\",{\"code\":1001,\"reason\":\"going-away\"}]");
    assertThat(drained.isComplete()).isFalse();
    assertThat(get(poller).body()).isEqualTo("6\u001e1");
    TestGateway.await(drained);
    assertThat(reason()).isEqualTo("going-away");
  }

  @Test
  void whoBreaksTheProtocolHearsItBeforeTheEnd() throws Exception {
    start("socketio.maxPayload", "1000");
    for (String bad : List.of("42[", "x", "4" + "x".repeat(2_000))) {
      try (SocketIoTestClient client = SocketIoTestClient.connect(port(), "user=alice")) {
        client.sendPacket(bad);
        CloseReason expected = bad.length() > 1_000 ? CloseReason.TOO_LARGE : CloseReason.MALFORMED;
        assertThat(client.readPacket())
            .isEqualTo(
                "42[\"closing\",{\"code\":%d,\"reason\":\"%s\"}]"
                    .formatted(expected.code(), expected.label()));
        assertThat(client.readPacket()).isEqualTo("41");
        assertThat(client.socket().readData().opcode()).isEqualTo(RawWebSocket.CLOSE);
        assertThat(reason()).isEqualTo(expected.label());
      }
    }
    awaitNobody();
  }

  @Test
  void transportOfAUserWithTooManySessionsEndsSoThatItsClientRetries() {
    start("session.perUser.max", "1", "session.perUser.onExcess", "reject");
    try (SocketIoTestClient first = SocketIoTestClient.connect(port(), "user=alice")) {
      assertThat(isAdmitted("alice")).isFalse();
      try (RawWebSocket old =
          RawWebSocket.connect(port(), "/socket.io/?EIO=3&transport=websocket&user=alice")) {
        assertThat(old.readData().text()).startsWith("0{");
        assertThat(old.readData().opcode()).isEqualTo(RawWebSocket.CLOSE);
      }
      // The session that exists goes on, and its place is free when it leaves.
      first.sendPacket("420[\"x\"]");
      assertThat(first.readPacket()).startsWith("430");
      first.leave();
      await().until(() -> isAdmitted("alice"));
    }
  }

  private boolean isAdmitted(String user) {
    try (SocketIoTestClient client = SocketIoTestClient.open(port(), "user=" + user)) {
      client.sendPacket("40");
      return client.socket().readData().opcode() == RawWebSocket.TEXT;
    }
  }

  @Test
  void aClientThatDoesNotReadIsASlowConsumer() throws Exception {
    start("limits.writeQueue", "64KiB");
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    Message big = Message.newBuilder().setTo("alice").setBody("x".repeat(50_000)).build();
    try (RawWebSocket socket =
        RawWebSocket.connect(port(), 4_096, "/socket.io/?EIO=4&transport=websocket&user=alice")) {
      socket.readData();
      socket.sendText("40");
      socket.readData();
      sendUntilGone(clients, big);
    }
    assertThat(reason()).isEqualTo("slow-consumer");
    joined("&user=alice");
    sendUntilGone(clients, big);
    assertThat(reason()).isEqualTo("slow-consumer");
    awaitNobody();
  }

  private static void sendUntilGone(GatewayClient clients, Message message) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              try {
                TestGateway.await(clients.send(message));
                return false;
              } catch (MessageException gone) {
                return true;
              }
            });
  }

  // --------------------------------------------------------------- namespaces

  @Test
  void servicesHearOfJoinsWhereThatIsWanted() {
    start("socketio.connectEvent", "true", "socketio.namespaces", "/, /custom");
    serve(
        (message, origin) ->
            Future.succeededFuture(
                message.toBuilder().clearEventId().clearFrom().setType("auth").build()));
    try (SocketIoTestClient client = SocketIoTestClient.open(port(), "")) {
      client.sendPacket("40{\"token\":\"123\"}");
      assertThat(client.readPacket()).startsWith("40{\"sid\":");
      assertThat(client.readPacket()).isEqualTo("42[\"auth\",{\"token\":\"123\"}]");
      client.sendPacket("40/custom,");
      assertThat(client.readPacket()).startsWith("40/custom,{\"sid\":");
      assertThat(client.readPacket()).isEqualTo("42/custom,[\"auth\",{}]");
      client.sendPacket("40/random");
      assertThat(client.readPacket()).isEqualTo("44/random,{\"message\":\"Invalid namespace\"}");
    }
  }

  @Test
  void aMessageFindsTheClientInWhicheverNamespaceItIs() {
    start("socketio.namespaces", "/, /a, /b");
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    Message.Builder message =
        Message.newBuilder()
            .setTo("alice")
            .setType("x")
            .setContentType("application/socket.io+json");
    try (SocketIoTestClient client = SocketIoTestClient.open(port(), "user=alice")) {
      client.sendPacket("40/a,");
      client.readPacket();
      TestGateway.await(clients.send(message.setBody("[1]").build()));
      assertThat(client.readPacket()).isEqualTo("42/a,[\"x\",1]");
      client.sendPacket("40");
      client.readPacket();
      TestGateway.await(clients.send(message.setBody("[2]").build()));
      assertThat(client.readPacket()).isEqualTo("42[\"x\",2]");
      TestGateway.await(clients.send(message.putHeaders("namespace", "/a").setBody("[3]").build()));
      assertThat(client.readPacket()).isEqualTo("42/a,[\"x\",3]");
      TestGateway.await(clients.send(message.putHeaders("namespace", "/b").setBody("[4]").build()));
      assertThat(client.readPacket()).isEqualTo("42[\"x\",4]");
      client.sendPacket("41");
      client.sendPacket("41/a,");
      await().until(() -> TestGateway.await(clients.presence("alice")) == 0);
      client.sendPacket("40");
      client.readPacket();
      TestGateway.await(clients.send(message.clearHeaders().setBody("[5]").build()));
      assertThat(client.readPacket()).isEqualTo("42[\"x\",5]");
    }
  }

  @Test
  void jsonpMustBeEnabled() {
    start();
    assertError(get(V3 + "&j=0"), 3, "Bad request");
    gateway.close();
    start("socketio.jsonp", "true");
    Response open = get(V3 + "&j=7");
    assertThat(open.body()).startsWith("___eio[7](\"");
    String argument = open.body().substring(10, open.body().length() - 2);
    assertThat(new JsonArray("[" + argument + "]").getString(0)).contains(":0{\"sid\":");
  }
}
