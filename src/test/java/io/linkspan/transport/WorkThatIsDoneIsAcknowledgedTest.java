package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.linkspan.transport.ResumeTest.Transport;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests that a Message is acknowledged once its service has done the work, also where the client
 * has no room for the answer.
 */
class WorkThatIsDoneIsAcknowledgedTest {

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SOCKETIO")
  void answerWithoutRoomIsDroppedAndItsMessageAcknowledged(Transport transport) throws Exception {
    try (TestGateway gateway =
            TestGateway.start(Map.of("tcp.enabled", "true", "session.maxPending", "1"));
        TestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
        TestClient bob = transport.connect(gateway, "bob", "")) {
      assertThat(bob.receiveMessage().getType()).isEqualTo("session");
      alice.send(Message.newBuilder().setEventId("1").setTo("bob").setBody("x").build());
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("1");
      Message order = Message.newBuilder().setEventId("order").setTo("service:echo").build();
      bob.send(order);
      assertThat(bob.receiveAck()).isEqualTo("order");
      // A client that has not read it sends again, and is not told to order twice.
      bob.send(order);
      assertThat(bob.receiveAck()).isEqualTo("order");
      assertThat(Scrape.metric(gateway.managementPort(), "linkspan_answers_dropped_total"))
          .isEqualTo(1);
      bob.acknowledge("1");
      assertThat(alice.receiveAck()).isEqualTo("1");
      bob.send(order.toBuilder().setEventId("next").build());
      assertThat(bob.receiveAck()).isEqualTo("next");
      assertThat(bob.receiveMessage().getReplyTo()).isEqualTo("next");
    }
  }

  /** The acknowledgement of Socket.IO carries the answer, so that it needs no room. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.INCLUDE, names = "SOCKETIO")
  void answerInTheAcknowledgementNeedsNoRoom(Transport transport) throws Exception {
    try (TestGateway gateway = TestGateway.start(Map.of("session.maxPending", "1"));
        TestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
        TestClient bob = transport.connect(gateway, "bob", "")) {
      assertThat(bob.receiveMessage().getType()).isEqualTo("session");
      alice.send(Message.newBuilder().setEventId("1").setTo("bob").setBody("x").build());
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("1");
      bob.send(Message.newBuilder().setEventId("order").setTo("service:echo").setType("x").build());
      assertThat(bob.receiveAck()).isEqualTo("order");
      bob.acknowledge("1");
      assertThat(alice.receiveAck()).isEqualTo("1");
    }
  }
}
