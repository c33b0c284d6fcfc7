package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks that the server behaves as the official suites expect. */
class ConformanceServerTest {

  private static ConformanceServer server;

  @BeforeAll
  static void start() {
    server = ConformanceServer.start(0, "3,4", SuiteServer.Timing.OFFICIAL);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static SocketIoTestClient connect() {
    return SocketIoTestClient.open(server.port(), "");
  }

  @Test
  void theBareServerEchoes() {
    String target = "/engine.io/?EIO=4&transport=websocket";
    try (RawWebSocket socket = RawWebSocket.connect(server.port(), target)) {
      assertThat(socket.readData().text()).startsWith("0{");
      socket.sendText("4hello");
      assertThat(socket.readData().text()).isEqualTo("4hello");
      socket.sendBinary(new byte[] {1, 2, 3});
      assertThat(socket.readData().payload()).containsExactly(1, 2, 3);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "40                         | 40         | 42[\"auth\",{}]",
        "40{\"token\":\"123\"}      | 40         | 42[\"auth\",{\"token\":\"123\"}]",
        "40/custom,                 | 40/custom, | 42/custom,[\"auth\",{}]",
        "40/custom,{\"token\":\"a\"} | 40/custom, | 42/custom,[\"auth\",{\"token\":\"a\"}]",
      })
  void aJoinIsFollowedByItsCredentials(String connect, String reply, String auth) {
    try (SocketIoTestClient client = connect()) {
      client.sendPacket(connect);
      assertThat(client.readPacket()).startsWith(reply + "{\"sid\":\"");
      assertThat(client.readPacket()).isEqualTo(auth);
    }
  }

  @Test
  void eventsAreEchoedAndAcknowledged() {
    try (SocketIoTestClient client = connect()) {
      client.sendPacket("40");
      client.readPacket();
      client.readPacket();
      client.sendPacket("42[\"message\",1,\"2\",{\"3\":[true]}]");
      assertThat(client.readPacket()).isEqualTo("42[\"message-back\",1,\"2\",{\"3\":[true]}]");
      client.sendPacket("42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]");
      assertThat(client.readPacket()).isEqualTo("43456[1,\"2\",{\"3\":[false]}]");
      client.sendPacket(
          "452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
      client.socket().sendBinary(new byte[] {1});
      client.socket().sendBinary(new byte[] {2});
      assertThat(client.readPacket())
          .isEqualTo(
              "452-[\"message-back\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
      assertThat(client.socket().readData().payload()).containsExactly(1);
      assertThat(client.socket().readData().payload()).containsExactly(2);
      client.sendPacket("451-789[\"message-with-ack\",{\"_placeholder\":true,\"num\":0}]");
      client.socket().sendBinary(new byte[] {3});
      assertThat(client.readPacket()).isEqualTo("461-789[{\"_placeholder\":true,\"num\":0}]");
      assertThat(client.socket().readData().payload()).containsExactly(3);
    }
  }

  @Test
  void whatMakesNoSenseAndWhoNeverJoinsIsClosed() {
    for (String bad : new String[] {"4abc", "42{}", "42abc[\"message\"]"}) {
      try (SocketIoTestClient client = connect()) {
        client.sendPacket("40");
        client.sendPacket(bad);
        client.socket().readUntilClosed();
      }
    }
    try (SocketIoTestClient client = connect()) {
      client.sendPacket("40/random");
      assertThat(client.readPacket()).isEqualTo("44/random,{\"message\":\"Invalid namespace\"}");
      // Pings are answered, so that the heartbeat is not the reason.
      while (client.socket().read().opcode() == RawWebSocket.TEXT) {
        client.sendPacket("3");
      }
    }
  }
}
