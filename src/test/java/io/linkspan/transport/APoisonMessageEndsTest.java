package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.linkspan.transport.ResumeTest.Transport;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests that a Message that ends every link of its client fails after the configured attempts, and
 * that the Messages behind it arrive.
 */
class APoisonMessageEndsTest {

  private static final int ATTEMPTS = 3;

  private TestGateway gateway;
  private TestClient alice;

  @BeforeEach
  void start() {
    gateway =
        TestGateway.start(
            Map.of(
                "eventLoops", "2",
                "tcp.enabled", "true",
                "delivery.maxAttempts", "" + ATTEMPTS,
                "delivery.ackTimeout", "1m",
                "enet.pingInterval", "100ms",
                "enet.timeout.minimum", "500ms",
                "enet.timeout.maximum", "1s"));
    alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
  }

  @AfterEach
  void stop() throws Exception {
    alice.close();
    gateway.close();
  }

  private void send(String eventId) {
    alice.send(Message.newBuilder().setEventId(eventId).setTo("bob").setType("text").build());
  }

  private static void drop(TestClient client) throws Exception {
    if (client instanceof EnetTestClient enet) {
      enet.vanish();
    } else if (client instanceof TcpTestClient tcp) {
      tcp.socket().close();
    } else {
      client.close();
    }
  }

  private static JsonObject session(TestClient client) {
    return new JsonObject(client.receiveMessage().getBody());
  }

  /** A client that loses its link with each Message of this name, and acknowledges the others. */
  private final class Bob {
    private final Transport transport;
    private final String token;
    private TestClient link;
    private int lost;

    Bob(Transport transport) {
      this.transport = transport;
      link = transport.connect(gateway, "bob", "");
      token = session(link).getString("session");
    }

    void dropLink() throws Exception {
      drop(link);
      link = transport.connect(gateway, "bob", token);
      assertThat(session(link).getBoolean("recovered")).isTrue();
      lost++;
    }

    /** Reads until something other than the poison arrives, and returns it. */
    String receiveBehind(String poison) throws Exception {
      for (String next; ; dropLink()) {
        next = link.receiveMessage().getEventId();
        if (!next.equals(poison)) {
          return next;
        }
      }
    }
  }

  private void assertTimedOut(String eventId) {
    JsonObject error = alice.receiveError();
    assertThat(error.getString("replyTo")).isEqualTo(eventId);
    assertThat(error.getString("code")).isEqualTo("timeout");
  }

  @ParameterizedTest
  @EnumSource
  void messageFailsAfterItsAttemptsAndTheNextArrives(Transport transport) throws Exception {
    var bob = new Bob(transport);
    send("poison");
    send("next");
    assertThat(bob.receiveBehind("poison")).isEqualTo("next");
    assertThat(bob.lost).isEqualTo(ATTEMPTS);
    bob.link.acknowledge("next");
    assertTimedOut("poison");
    assertThat(alice.receiveAck()).isEqualTo("next");
    drop(bob.link);
  }

  @ParameterizedTest
  @EnumSource
  void messageBeforeItWhoseAcknowledgementIsLostDoesNotFail(Transport transport) throws Exception {
    var bob = new Bob(transport);
    send("first");
    send("poison");
    send("last");
    for (int i = 1; i < ATTEMPTS; i++) {
      assertThat(bob.link.receiveMessage().getEventId()).isEqualTo("first");
      bob.dropLink();
    }
    // Nothing is sent beside the last attempt, so this link is not the poison's.
    assertThat(bob.link.receiveMessage().getEventId()).isEqualTo("first");
    bob.link.acknowledge("first");
    assertThat(alice.receiveAck()).isEqualTo("first");
    assertThat(bob.receiveBehind("poison")).isEqualTo("last");
    assertThat(bob.lost).isEqualTo(ATTEMPTS - 1 + ATTEMPTS);
    bob.link.acknowledge("last");
    assertTimedOut("poison");
    assertThat(alice.receiveAck()).isEqualTo("last");
    drop(bob.link);
  }
}
