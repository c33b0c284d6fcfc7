package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.memory.MemoryUse;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ENet clients that begin long messages and never complete them, beside one that does. */
class IncompleteEnetMessagesTest {

  private static final int LARGE = 8;
  private static final int SMALL = 8;
  private static final int PART = 1_000;

  /** A message of these parts is within {@code enet.maxPacketSize}. */
  private static final int PARTS = 1_000;

  private PressedGateway pressed;

  @BeforeEach
  void start() {
    TestGateway gateway =
        PressedGateway.gateway(
            "memory.heap", "4MiB", "enet.timeout.minimum", "60s", "enet.timeout.maximum", "60s");
    pressed =
        PressedGateway.of(gateway, EnetTestClient.connect(gateway.enetPort(), "good", "transport"));
  }

  @AfterEach
  void stop() {
    pressed.close();
  }

  private List<EnetTestClient> clients(String name, int number) {
    List<EnetTestClient> clients = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      clients.add(
          pressed.add(EnetTestClient.connect(pressed.gateway().enetPort(), name + i, "transport")));
    }
    return clients;
  }

  @Test
  void thoseThatHoldMostAreDisconnectedAndAGoodClientGoesOn() {
    BlockingQueue<JsonObject> ended = pressed.gateway().disconnects();
    List<EnetTestClient> small = clients("small", SMALL);
    List<EnetTestClient> large = clients("large", LARGE);
    small.forEach(client -> client.sendPart(1, 1, PARTS, PART));
    pressed.serve();
    // All parts but the first; what a busy machine loses of them is sent again.
    for (int part = 1; ended.isEmpty(); part = part % (PARTS - 1) + 1) {
      for (EnetTestClient client : large) {
        client.sendPart(1, part, PARTS, PART);
      }
      pressed.serve();
    }
    // The budget is free enough again, without any Message being refused.
    pressed.until("less memory", () -> pressed.charged(MemoryUse.ASSEMBLY) < (3 << 20));
    for (JsonObject end; (end = ended.poll()) != null; ) {
      assertThat(end.getString("user")).startsWith("large");
      assertThat(end.getString("reason")).isEqualTo("rate-limited");
    }
    for (EnetTestClient client : small) {
      client.send(Message.newBuilder().setEventId("still").setTo("service:echo").build());
      assertThat(client.receiveAck()).isEqualTo("still");
      assertThat(client.receiveMessage().getReplyTo()).isEqualTo("still");
    }
    pressed.assertReturnsToTheStart();
  }
}
