package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.testing.WebSocketTestClient;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A group of clients that neither read nor acknowledge. */
class SilentGroupTest {

  private static final int MEMBERS = 400;
  private static final int PENDING = 20;
  private static final int MESSAGES = 30;

  /** At most what one delivery holds beside its Message, which all members share. */
  private static final int DELIVERY = 256;

  private PressedGateway pressed;

  @AfterEach
  void stop() {
    pressed.close();
  }

  private static Message message(int number) {
    return Message.newBuilder()
        .setEventId("m" + number)
        .setTo("group:silent")
        .setBody("x".repeat(2_000))
        .build();
  }

  @Test
  void theirOutboxesAreBoundedAndSendersAreRefused() {
    pressed =
        PressedGateway.start(
            "session.maxPending", Integer.toString(PENDING), "session.grace", "0s");
    List<WebSocketTestClient> members = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) {
      var member =
          WebSocketTestClient.connect(pressed.gateway().httpPort(), "ack=client&user=member" + i);
      members.add(pressed.add(member));
      member.send(
          Message.newBuilder()
              .setEventId("join")
              .setType("join_group")
              .setBody("[\"silent\"]")
              .build());
    }
    for (WebSocketTestClient member : members) {
      assertThat(member.receiveAck()).isEqualTo("join");
    }
    double quiet = pressed.charged(MemoryUse.OUTBOX);
    var sender =
        pressed.add(WebSocketTestClient.connect(pressed.gateway().httpPort(), "user=sender"));
    for (int i = 0; i < MESSAGES; i++) {
      sender.send(message(i));
    }
    for (int i = 0; i < PENDING; i++) {
      assertThat(sender.receiveAck()).isEqualTo("m" + i);
    }
    for (int i = PENDING; i < MESSAGES; i++) {
      var error = sender.receiveError();
      assertThat(error.getString("code")).isEqualTo("queue-full");
      assertThat(error.getString("replyTo")).isEqualTo("m" + i);
    }
    // A Message is held once for all members.
    double most = PENDING * (MessageCost.of(message(0)) + MEMBERS * (double) DELIVERY) + 100_000;
    assertThat(pressed.charged(MemoryUse.OUTBOX) - quiet)
        .isBetween(PENDING * MEMBERS * 100.0, most);
    pressed.serve();
    // As soon as they acknowledge, there is room again.
    for (WebSocketTestClient member : members) {
      assertThat(member.receiveMessage().getEventId()).isEqualTo("m0");
      member.acknowledge("m0");
    }
    sender.send(message(MESSAGES));
    assertThat(sender.receiveAck()).isEqualTo("m" + MESSAGES);
    pressed.assertReturnsToTheStart();
  }
}
