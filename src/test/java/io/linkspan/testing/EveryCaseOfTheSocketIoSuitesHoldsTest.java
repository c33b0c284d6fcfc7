package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.SuiteServer.Timing;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests what the suites of Socket.IO check above Engine.IO, in both generations of its protocol.
 * {@link EveryCaseOfTheEngineIoSuitesHoldsTest} has the cases below. {@link SuiteServers} says how
 * to test another server.
 */
class EveryCaseOfTheSocketIoSuitesHoldsTest {

  /** A revision of the Socket.IO protocol, with the generation of Engine.IO below it. */
  enum Suite {
    SIO4(3),
    SIO5(4);

    private final int generation;

    Suite(int generation) {
      this.generation = generation;
    }
  }

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Timing PATIENT = new Timing(Duration.ofMillis(300), PATIENCE, PATIENCE);
  private static final Timing HASTY =
      new Timing(Duration.ofMillis(300), PATIENCE, Duration.ofMillis(200));

  private static SuiteServer server;

  @BeforeAll
  static void start() {
    server = SuiteServers.start("3,4", PATIENT);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static RawWebSocket open(Suite suite, SuiteServer on) {
    RawWebSocket socket =
        RawWebSocket.connect(on.port(), "/socket.io/?transport=websocket&EIO=" + suite.generation);
    assertThat(read(socket)).startsWith("0{");
    return socket;
  }

  private static RawWebSocket open(Suite suite) {
    return open(suite, server);
  }

  /** Reads the next text or binary message that is not a ping, and answers pings. */
  private static RawWebSocket.Frame readFrame(RawWebSocket socket) {
    while (true) {
      RawWebSocket.Frame frame = socket.readData();
      if (frame.opcode() != RawWebSocket.TEXT || !frame.text().equals("2")) {
        return frame;
      }
      socket.sendText("3");
    }
  }

  private static String read(RawWebSocket socket) {
    return readFrame(socket).text();
  }

  private static RawWebSocket joined(Suite suite) {
    RawWebSocket socket = open(suite);
    if (suite == Suite.SIO5) {
      socket.sendText("40");
    }
    assertThat(read(socket)).startsWith("40");
    assertThat(read(socket)).isEqualTo("42[\"auth\",{}]");
    return socket;
  }

  private static void assertClosed(RawWebSocket socket) {
    while (readFrame(socket).opcode() != RawWebSocket.CLOSE) {
      // Something that was sent before the end.
    }
  }

  // ------------------------------------------------------------------ connect

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "40                          | 40         | 42[\"auth\",{}]",
        "40{\"token\":\"123\"}       | 40         | 42[\"auth\",{\"token\":\"123\"}]",
        "40/custom,                  | 40/custom, | 42/custom,[\"auth\",{}]",
        "40/custom,{\"token\":\"a\"} | 40/custom, | 42/custom,[\"auth\",{\"token\":\"a\"}]",
      })
  void revision5JoinsWithCredentials(String connect, String reply, String auth) {
    try (RawWebSocket socket = open(Suite.SIO5)) {
      socket.sendText(connect);
      String answer = read(socket);
      assertThat(answer).startsWith(reply + "{");
      JsonObject handshake = new JsonObject(answer.substring(reply.length()));
      assertThat(handshake.fieldNames()).containsExactly("sid");
      assertThat(handshake.getValue("sid")).isInstanceOf(String.class);
      assertThat(read(socket)).isEqualTo(auth);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "40/custom            | 40/custom | 42/custom,[\"auth\",{}]",
        "40/custom?token=abc, | 40/custom | 42/custom,[\"auth\",{\"token\":\"abc\"}]",
      })
  void revision4JoinsTheMainNamespaceByItselfAndOthersWithAQuery(
      String connect, String reply, String auth) {
    try (RawWebSocket socket = joined(Suite.SIO4)) {
      socket.sendText(connect);
      assertThat(read(socket)).startsWith(reply);
      assertThat(read(socket)).isEqualTo(auth);
    }
  }

  @Test
  void anUnknownNamespaceIsRefused() {
    try (RawWebSocket socket = open(Suite.SIO5)) {
      socket.sendText("40/random");
      assertThat(read(socket)).isEqualTo("44/random,{\"message\":\"Invalid namespace\"}");
    }
  }

  @Test
  @BeyondTheSuites
  void anUnknownNamespaceIsRefusedWithAStringInRevision4() {
    try (RawWebSocket socket = joined(Suite.SIO4)) {
      socket.sendText("40/random");
      // Clients of this revision take a string.
      assertThat(read(socket)).isEqualTo("44/random,\"Invalid namespace\"");
    }
  }

  @ParameterizedTest
  @EnumSource
  void garbageInsteadOfAConnectCloses(Suite suite) {
    try (RawWebSocket socket = open(suite)) {
      socket.sendText("4abc");
      assertClosed(socket);
    }
  }

  @Test
  void aClientThatJoinsNothingIsClosed() {
    try (SuiteServer hasty = SuiteServers.start("4", HASTY);
        RawWebSocket socket = open(Suite.SIO5, hasty)) {
      assertClosed(socket);
    }
  }

  // -------------------------------------------------------------------- close

  @Test
  void aPollThatCarriesTheJoinEndsWithTheSessionKnownAndTheNextOneWithout() {
    String polling = "/socket.io/?EIO=3&transport=polling";
    String open = RawHttp.get(server.port(), polling).response().body();
    String sid = new JsonObject(open.substring(open.indexOf('{'))).getString("sid");
    String target = polling + "&sid=" + sid;
    assertThat(RawHttp.get(server.port(), target).response().body()).startsWith("2:40");
    assertThat(RawHttp.post(server.port(), target, "1:1").response().status()).isEqualTo(200);
    assertThat(RawHttp.get(server.port(), target).response().status()).isEqualTo(400);
  }

  // --------------------------------------------------------------- disconnect

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesTheMainNamespaceKeepsItsConnection(Suite suite) {
    try (RawWebSocket socket = joined(suite)) {
      socket.sendText("41");
      // The heartbeats of revision 4 are the client's.
      if (suite == Suite.SIO4) {
        socket.sendText("2");
      }
      assertThat(socket.readData().text()).isEqualTo(suite == Suite.SIO4 ? "3" : "2");
    }
  }

  @ParameterizedTest
  @EnumSource
  @BeyondTheSuites
  void aClientThatHasLeftTheMainNamespaceIsIgnoredUntilItJoinsAgain(Suite suite) {
    try (RawWebSocket socket = joined(suite)) {
      socket.sendText("41");
      socket.sendText("42[\"message\",\"too late\"]");
      socket.sendText("40");
      assertThat(read(socket)).startsWith("40");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientLeavesAnotherNamespaceAndStaysInTheMainOne(Suite suite) {
    try (RawWebSocket socket = joined(suite)) {
      socket.sendText("40/custom");
      assertThat(read(socket)).startsWith("40/custom");
      assertThat(read(socket)).startsWith("42/custom,[\"auth\"");
      socket.sendText("41/custom");
      socket.sendText("42[\"message\",\"message to main namespace\"]");
      assertThat(read(socket)).isEqualTo("42[\"message-back\",\"message to main namespace\"]");
    }
  }

  // ------------------------------------------------------------------ message

  @ParameterizedTest
  @EnumSource
  void eventsAreEchoedAndAcknowledged(Suite suite) {
    try (RawWebSocket socket = joined(suite)) {
      socket.sendText("42[\"message\",1,\"2\",{\"3\":[true]}]");
      assertThat(read(socket)).isEqualTo("42[\"message-back\",1,\"2\",{\"3\":[true]}]");
      socket.sendText("42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]");
      assertThat(read(socket)).isEqualTo("43456[1,\"2\",{\"3\":[false]}]");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SIO4 | 452-[\"message\",     | 452-[\"message-back\",",
        "SIO5 | 452-[\"message\",     | 452-[\"message-back\",",
        "SIO4 | 452-789[\"message-with-ack\", | 462-789[",
        "SIO5 | 452-789[\"message-with-ack\", | 462-789[",
      })
  void binaryEventsAreEchoedAndAcknowledged(Suite suite, String event, String answer) {
    String rest = "{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]";
    List<byte[]> attachments = List.of(new byte[] {1, 2, 3}, new byte[] {4, 5, 6});
    try (RawWebSocket socket = joined(suite)) {
      socket.sendText(event + rest);
      attachments.forEach(attachment -> socket.sendBinary(onWire(suite, attachment)));
      assertThat(read(socket)).isEqualTo(answer + rest);
      List<byte[]> returned = new ArrayList<>();
      for (int i = 0; i < attachments.size(); i++) {
        returned.add(readFrame(socket).payload());
      }
      for (int i = 0; i < attachments.size(); i++) {
        assertThat(returned.get(i)).isEqualTo(onWire(suite, attachments.get(i)));
      }
    }
  }

  /** The generation below revision 4 puts a type before the bytes. */
  private static byte[] onWire(Suite suite, byte[] attachment) {
    if (suite == Suite.SIO5) {
      return attachment;
    }
    byte[] message = new byte[attachment.length + 1];
    message[0] = 4;
    System.arraycopy(attachment, 0, message, 1, attachment.length);
    return message;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SIO4 | 4abc", "SIO4 | 42{}", "SIO4 | 42abc[\"message-with-ack\",1]",
        "SIO5 | 4abc", "SIO5 | 42{}", "SIO5 | 42abc[\"message-with-ack\",1]",
      })
  void anInvalidTypePayloadOrAckIdCloses(Suite suite, String packet) {
    try (RawWebSocket socket = joined(suite)) {
      socket.sendText(packet);
      assertClosed(socket);
    }
  }
}
