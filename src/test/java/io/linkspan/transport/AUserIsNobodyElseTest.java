package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that a name that arrives as broken text is not a user, and that the last {@code user}
 * parameter decides on every transport.
 */
class AUserIsNobodyElseTest {

  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start(Map.of());
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private Iterable<String> users() {
    return TestGateway.await(GatewayClient.create(gateway.vertx()).sessions(SessionQuery.ALL))
        .sessions()
        .stream()
        .map(SessionInfo::user)
        .toList();
  }

  /** Bytes that are not UTF-8, half a surrogate pair, and what decoders put in their place. */
  @ParameterizedTest
  @ValueSource(strings = {"%FF", "a%C3", "%ED%A0%80", "%EF%BF%BD"})
  void brokenTextIsNoUser(String user) throws Exception {
    try (WebSocketTestClient client =
        WebSocketTestClient.connect(gateway.httpPort(), "user=" + user)) {
      assertThat(client.closeCode()).isEqualTo(4401);
    }
    try (SocketIoTestClient client = SocketIoTestClient.open(gateway.httpPort(), "user=" + user)) {
      client.sendPacket("40");
      assertThat(client.readPacket()).startsWith("44{");
    }
    assertThat(users()).isEmpty();
  }

  @Test
  void halfASurrogatePairInJsonIsNoUser() throws Exception {
    try (SocketIoTestClient client = SocketIoTestClient.open(gateway.httpPort(), "")) {
      client.sendPacket("40{\"user\":\"\\ud800\"}");
      assertThat(client.readPacket()).startsWith("44{");
    }
    try (EnetTestClient client = EnetTestClient.connect(gateway.enetPort())) {
      client.send(Message.newBuilder().setEventId("1").setType("auth").setBody("\uFFFD").build());
      assertThat(client.receiveError().getString("code")).isEqualTo("unauthenticated");
    }
    assertThat(users()).isEmpty();
  }

  @Test
  void lastParameterDecides() throws Exception {
    try (WebSocketTestClient one =
            WebSocketTestClient.connect(gateway.httpPort(), "user=first&user=websocket");
        SocketIoTestClient two =
            SocketIoTestClient.connect(gateway.httpPort(), "user=first&user=socketio")) {
      assertThat(users()).containsExactlyInAnyOrder("websocket", "socketio");
      one.leave();
      two.leave();
    }
  }
}
