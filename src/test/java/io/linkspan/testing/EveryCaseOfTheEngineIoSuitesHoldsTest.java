package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.testing.RawHttp.Response;
import io.linkspan.testing.SuiteServer.Timing;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests what the official suites of both Engine.IO generations check, on the bare server and on the
 * gateway's Socket.IO path where the case is in the Socket.IO suites too. {@link SuiteServers} says
 * how to test another server.
 */
class EveryCaseOfTheEngineIoSuitesHoldsTest {

  /** A generation of Engine.IO. */
  enum Suite {
    EIO3,
    EIO4;

    private String target(String path, String transport) {
      return "/" + path + "/?EIO=" + (this == EIO3 ? 3 : 4) + "&transport=" + transport;
    }

    /** Encodes the payload of a poll or a POST. */
    private String payload(String... packets) {
      if (this == EIO4) {
        return String.join("\u001e", packets);
      }
      var payload = new StringBuilder();
      for (String packet : packets) {
        payload.append(packet.length()).append(':').append(packet);
      }
      return payload.toString();
    }

    /** Decodes a payload of one packet. */
    private String packet(String payload) {
      return this == EIO4 ? payload : payload.substring(payload.indexOf(':') + 1);
    }
  }

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** No time-out of a case can fail the others, however slow the machine is. */
  private static final Timing PATIENT =
      new Timing(Duration.ofMillis(300), PATIENCE.multipliedBy(2), PATIENCE.multipliedBy(2));

  /** Sends no heartbeat while a case runs: it would answer a poll before that is cancelled. */
  private static final Timing SILENT =
      new Timing(PATIENCE.plusSeconds(10), PATIENCE.multipliedBy(2), PATIENCE.multipliedBy(2));

  private static final Timing HASTY =
      new Timing(Duration.ofMillis(100), Duration.ofMillis(100), PATIENCE);

  private static final String BARE = "engine.io";
  private static final String GATEWAY = "socket.io";

  /** The official arguments: generation 4 alone, where a missing generation is an error. */
  private static Map<Suite, SuiteServer> patient;

  private static SuiteServer hasty;

  @BeforeAll
  static void start() {
    patient =
        Map.of(
            Suite.EIO3, SuiteServers.start("3,4", PATIENT),
            Suite.EIO4, SuiteServers.start("4", PATIENT));
    hasty = SuiteServers.start("3,4", HASTY);
  }

  @AfterAll
  static void stop() {
    patient.values().forEach(SuiteServer::close);
    hasty.close();
  }

  private static Response get(Suite suite, String target) {
    return RawHttp.get(patient.get(suite).port(), target).response();
  }

  private static Response post(Suite suite, String target, String body) {
    return RawHttp.post(patient.get(suite).port(), target, body).response();
  }

  private static RawWebSocket webSocket(Suite suite, String target) {
    return RawWebSocket.connect(patient.get(suite).port(), target);
  }

  /** Returns the target of a new session's requests. */
  private static String session(Suite suite, SuiteServer server, String path) {
    String polling = suite.target(path, "polling");
    String open = suite.packet(RawHttp.get(server.port(), polling).response().body());
    return polling + "&sid=" + new JsonObject(open.substring(1)).getString("sid");
  }

  private static String session(Suite suite) {
    return session(suite, patient.get(suite), BARE);
  }

  private static String read(RawWebSocket socket) {
    return socket.readData().text();
  }

  /** Reads the next packet that is not a ping. */
  private static String readMessage(RawWebSocket socket) {
    String packet = read(socket);
    return packet.equals("2") ? readMessage(socket) : packet;
  }

  private static void assertClosed(RawWebSocket socket) {
    RawWebSocket.Frame frame;
    do {
      frame = socket.readData();
    } while (frame.opcode() != RawWebSocket.CLOSE);
  }

  /** The suites accept a refusal before the upgrade and an end after it. */
  private static void assertRefused(RawWebSocket socket) {
    if (!socket.status().contains(" 400 ")) {
      assertClosed(socket);
    }
  }

  private static void assertOpen(Suite suite, String packet, List<String> upgrades) {
    Timing timing = patient.get(suite).timing();
    assertThat(packet).startsWith("0");
    JsonObject open = new JsonObject(packet.substring(1));
    assertThat(open.fieldNames())
        .containsExactlyInAnyOrder("sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload");
    assertThat(open.getValue("sid")).isInstanceOf(String.class);
    assertThat(open.getJsonArray("upgrades")).isEqualTo(new JsonArray(upgrades));
    assertThat(open.getLong("pingInterval")).isEqualTo(timing.pingInterval().toMillis());
    assertThat(open.getLong("pingTimeout")).isEqualTo(timing.pingTimeout().toMillis());
    assertThat(open.getInteger("maxPayload")).isEqualTo(1_000_000);
  }

  // ---------------------------------------------------------------- handshake

  @ParameterizedTest
  @EnumSource
  void aSessionOpensOverBothTransports(Suite suite) {
    for (String path : List.of(BARE, GATEWAY)) {
      Response polling = get(suite, suite.target(path, "polling"));
      assertThat(polling.status()).isEqualTo(200);
      String packet = suite.packet(polling.body());
      assertThat(polling.body()).isEqualTo(suite.payload(packet));
      assertOpen(suite, packet, List.of("websocket"));
      try (RawWebSocket socket = webSocket(suite, suite.target(path, "websocket"))) {
        assertOpen(suite, read(socket), List.of());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"?transport=", "?EIO=abc&transport="})
  void anInvalidGenerationIsRefused(String query) {
    for (String path : List.of(BARE, GATEWAY)) {
      String target = "/" + path + "/" + query;
      assertThat(get(Suite.EIO4, target + "polling").status()).isEqualTo(400);
      try (RawWebSocket socket = webSocket(Suite.EIO4, target + "websocket")) {
        assertRefused(socket);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"?transport=", "?EIO=abc&transport="})
  @BeyondTheSuites
  void anInvalidGenerationIsRefusedBeforeTheUpgrade(String query) {
    for (String path : List.of(BARE, GATEWAY)) {
      try (RawWebSocket socket = webSocket(Suite.EIO4, "/" + path + "/" + query + "websocket")) {
        assertThat(socket.status()).contains(" 400 ");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anInvalidTransportOrMethodIsRefused(Suite suite) {
    for (String path : List.of(BARE, GATEWAY)) {
      String unknown = suite.target(path, "abc");
      String missing = unknown.replace("&transport=abc", "");
      for (String target : List.of(unknown, missing)) {
        assertThat(get(suite, target).status()).isEqualTo(400);
        try (RawWebSocket socket = webSocket(suite, target)) {
          assertThat(socket.status()).contains(" 400 ");
        }
      }
      String polling = suite.target(path, "polling");
      assertThat(post(suite, polling, "").status()).isEqualTo(400);
      Response put =
          RawHttp.open(patient.get(suite).port(), "PUT", polling, "Content-Length: 0", "")
              .response();
      assertThat(put.status()).isEqualTo(400);
    }
  }

  // ------------------------------------------------------------------ message

  private static void assertEchoes(Suite suite, String payload) {
    String target = session(suite);
    Response push = post(suite, target, payload);
    assertThat(push.status()).isEqualTo(200);
    assertThat(push.body()).isEqualTo("ok");
    Response poll = get(suite, target);
    assertThat(poll.status()).isEqualTo(200);
    assertThat(poll.body()).isEqualTo(payload);
  }

  @ParameterizedTest
  @EnumSource
  void payloadsAreEchoedOverPolling(Suite suite) {
    assertEchoes(suite, suite.payload("4hello"));
    assertEchoes(suite, suite.payload("4test1", "4test2", "4test3"));
    String binary = suite == Suite.EIO4 ? "bAQIDBA==" : "b4AQIDBA==";
    // A client of generation 3 that takes no binary payloads says so.
    String target = suite == Suite.EIO4 ? session(suite) : base64Session();
    String payload = suite.payload("4hello", binary);
    assertThat(post(suite, target, payload).body()).isEqualTo("ok");
    assertThat(get(suite, target).body()).isEqualTo(payload);
  }

  private static String base64Session() {
    String polling = Suite.EIO3.target(BARE, "polling") + "&b64=1";
    String open = Suite.EIO3.packet(get(Suite.EIO3, polling).body());
    return polling + "&sid=" + new JsonObject(open.substring(1)).getString("sid");
  }

  @Test
  void binaryMessagesOfGeneration3AreABinaryPayload() {
    String target = session(Suite.EIO3);
    assertThat(post(Suite.EIO3, target, "6:4hello10:b4AQIDBA==").body()).isEqualTo("ok");
    byte[] expected = {0, 6, -1, '4', 'h', 'e', 'l', 'l', 'o', 1, 5, -1, 4, 1, 2, 3, 4};
    try (RawHttp poll = RawHttp.get(patient.get(Suite.EIO3).port(), target)) {
      assertThat(poll.nextBytes()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anInvalidPacketClosesTheSession(Suite suite) {
    String target = session(suite);
    post(suite, target, "abc");
    assertThat(get(suite, target).status()).isEqualTo(400);
    try (RawWebSocket socket = webSocket(suite, suite.target(BARE, "websocket"))) {
      read(socket);
      socket.sendText("abc");
      assertClosed(socket);
    }
  }

  @ParameterizedTest
  @EnumSource
  @BeyondTheSuites
  void anInvalidPacketIsRefused(Suite suite) {
    assertThat(post(suite, session(suite), "abc").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @EnumSource
  void aSecondPollClosesTheSession(Suite suite) {
    String target = session(suite);
    int port = patient.get(suite).port();
    // Whichever arrives first is the one that is held.
    List<Response> both;
    try (RawHttp one = RawHttp.get(port, target);
        RawHttp two = RawHttp.get(port, target + "&t=burst")) {
      both = List.of(one.next(), two.next());
    }
    assertThat(both).filteredOn(answer -> answer.status() == 400).hasSize(1);
    assertThat(both)
        .filteredOn(answer -> answer.status() == 200)
        .singleElement()
        .satisfies(
            answer -> assertThat(answer.body()).isIn(suite.payload("1"), suite.payload("2")));
    assertThat(get(suite, target).status()).isEqualTo(400);
  }

  @ParameterizedTest
  @EnumSource
  void aCancelledPollClosesTheSession(Suite suite) {
    try (var silent = SuiteServers.start("3,4", SILENT)) {
      String target = session(suite, silent, BARE);
      RawHttp.get(silent.port(), target).close();
      await()
          .atMost(PATIENCE)
          // A noop makes nothing happen that could answer the poll.
          .until(
              () ->
                  RawHttp.post(silent.port(), target, suite.payload("6")).response().status()
                      == 400);
    }
  }

  @ParameterizedTest
  @EnumSource
  void messagesAreEchoedOverWebSocket(Suite suite) {
    try (RawWebSocket socket = webSocket(suite, suite.target(BARE, "websocket"))) {
      read(socket);
      socket.sendText("4hello");
      assertThat(readMessage(socket)).isEqualTo("4hello");
      byte[] binary = suite == Suite.EIO4 ? new byte[] {1, 2, 3, 4} : new byte[] {4, 1, 2, 3, 4};
      socket.sendBinary(binary);
      RawWebSocket.Frame echo = socket.readData();
      while (Arrays.equals(echo.payload(), "2".getBytes(StandardCharsets.UTF_8))) {
        echo = socket.readData();
      }
      assertThat(echo.payload()).isEqualTo(binary);
    }
  }

  // ---------------------------------------------------------------- heartbeat

  @ParameterizedTest
  @EnumSource
  void heartbeatsAreAnswered(Suite suite) {
    for (String path : List.of(BARE, GATEWAY)) {
      String target = session(suite, patient.get(suite), path);
      try (RawWebSocket socket = webSocket(suite, suite.target(path, "websocket"))) {
        read(socket);
        for (int i = 0; i < 3; i++) {
          if (suite == Suite.EIO3) {
            assertThat(post(suite, target, "1:2").status()).isEqualTo(200);
            // The gateway joins the main namespace by itself, which makes messages of its own.
            Response poll = get(suite, target);
            while (poll.status() == 200 && !poll.body().endsWith("1:3")) {
              poll = get(suite, target);
            }
            assertThat(poll.body()).endsWith("1:3");
            socket.sendText("2");
            String answer = read(socket);
            while (answer.startsWith("4")) {
              answer = read(socket);
            }
            assertThat(answer).isEqualTo("3");
          } else {
            assertThat(get(suite, target).body()).isEqualTo("2");
            assertThat(post(suite, target, "3").status()).isEqualTo(200);
            assertThat(read(socket)).isEqualTo("2");
            socket.sendText("3");
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSilentClientIsClosed(Suite suite) {
    for (String path : List.of(BARE, GATEWAY)) {
      String target = session(suite, hasty, path);
      await()
          .atMost(PATIENCE)
          .until(() -> RawHttp.get(hasty.port(), target).response().status() == 400);
      try (RawWebSocket socket =
          RawWebSocket.connect(hasty.port(), suite.target(path, "websocket"))) {
        assertClosed(socket);
      }
    }
  }

  // -------------------------------------------------------------------- close

  @ParameterizedTest
  @EnumSource
  void aClosePacketClosesTheSession(Suite suite) {
    for (String path : List.of(BARE, GATEWAY)) {
      String target = session(suite, patient.get(suite), path);
      try (RawHttp poll = RawHttp.get(patient.get(suite).port(), target)) {
        assertThat(post(suite, target, suite.payload("1")).status()).isEqualTo(200);
        // A poll that arrives after the packet finds no session.
        Response held = poll.next();
        assertThat(held.status()).isIn(200, 400);
        if (held.status() == 200 && (path.equals(BARE) || suite == Suite.EIO4)) {
          assertThat(held.body()).isIn(suite.payload("6"), suite.payload("2"));
        }
      }
      // When no poll was held, the next one receives the end.
      await().atMost(PATIENCE).until(() -> get(suite, target).status() == 400);
      try (RawWebSocket socket = webSocket(suite, suite.target(path, "websocket"))) {
        read(socket);
        socket.sendText("1");
        assertClosed(socket);
      }
    }
  }

  // ------------------------------------------------------------------ upgrade

  /** Upgrades a session of the bare server. */
  private static RawWebSocket upgraded(Suite suite, String polling) {
    RawWebSocket socket = webSocket(suite, polling.replace("polling", "websocket"));
    socket.sendText("2probe");
    assertThat(read(socket)).isEqualTo("3probe");
    socket.sendText("5");
    return socket;
  }

  private static void assertStillServed(RawWebSocket socket) {
    socket.sendText("4hello");
    String packet = readMessage(socket);
    // A noop may end the upgrade.
    assertThat(packet.equals("6") ? readMessage(socket) : packet).isEqualTo("4hello");
  }

  @ParameterizedTest
  @EnumSource
  void aPollerMovesToAWebSocket(Suite suite) {
    String target = session(suite);
    try (RawWebSocket socket = webSocket(suite, target.replace("polling", "websocket"))) {
      socket.sendText("2probe");
      assertThat(read(socket)).isEqualTo("3probe");
      // Any number of polls end while the client upgrades.
      for (int i = 0; i < 3; i++) {
        assertThat(get(suite, target).body()).isIn(suite.payload("6"), suite.payload("2"));
      }
      socket.sendText("5");
      assertStillServed(socket);
    }
  }

  @ParameterizedTest
  @EnumSource
  void pollsAreRefusedAfterTheUpgrade(Suite suite) {
    String target = session(suite);
    try (RawWebSocket socket = upgraded(suite, target)) {
      await().atMost(PATIENCE).until(() -> get(suite, target).status() == 400);
      assertStillServed(socket);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSecondWebSocketIsClosedAfterTheUpgrade(Suite suite) {
    String target = session(suite);
    try (RawWebSocket socket = upgraded(suite, target)) {
      await().atMost(PATIENCE).until(() -> get(suite, target).status() == 400);
      try (RawWebSocket second = webSocket(suite, target.replace("polling", "websocket"))) {
        assertThat(second.status()).contains(" 101 ");
        assertClosed(second);
      }
      assertStillServed(socket);
    }
  }
}
