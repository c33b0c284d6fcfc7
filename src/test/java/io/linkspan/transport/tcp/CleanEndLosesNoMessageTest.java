package io.linkspan.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests that everything received before a clean end is passed on, in order. */
class CleanEndLosesNoMessageTest {

  private static final int MESSAGES = 500;

  private final List<String> received = new CopyOnWriteArrayList<>();
  private TestGateway gateway;
  private BlockingQueue<JsonObject> disconnects;

  @BeforeEach
  void start() {
    gateway = TestGateway.start(Map.of("tcp.enabled", "true", "limits.inFlight", "8"));
    disconnects = gateway.disconnects();
    // Answers later, so that most Messages wait in the session's inbox.
    gateway
        .vertx()
        .eventBus()
        .<Message>consumer(
            "inbound",
            request ->
                gateway
                    .vertx()
                    .setTimer(
                        1,
                        id -> {
                          received.add(request.body().getEventId());
                          request.reply(null);
                        }));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private TcpTestClient sender() {
    return TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))
        .authenticate("sender", "transport");
  }

  private static byte[] frames() {
    var frames = new ByteArrayOutputStream();
    for (int i = 0; i < MESSAGES; i++) {
      frames.writeBytes(TcpTestClient.frame(Message.newBuilder().setEventId("m" + i).build()));
    }
    return frames.toByteArray();
  }

  private void assertAllWereReceivedBeforeTheSessionEnded() throws InterruptedException {
    JsonObject event = disconnects.poll(60, TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    assertThat(event.getString("reason")).isEqualTo("normal");
    await().until(() -> received.size() == MESSAGES);
    assertThat(received)
        .containsExactlyElementsOf(IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList());
    assertThat(gateway.node().getInteger("sessions")).isZero();
  }

  @Test
  void finEndsTheSessionAfterItsMessages() throws Exception {
    try (TcpTestClient client = sender()) {
      client.socket().send(frames());
      client.socket().finish();
      assertAllWereReceivedBeforeTheSessionEnded();
    }
  }

  @Test
  void closingOfTheClientIsAnsweredAfterItsMessages() throws Exception {
    try (TcpTestClient client = sender()) {
      client.socket().send(frames());
      client.send(Message.newBuilder().setType("closing").build());
      for (int i = 0; i < MESSAGES; i++) {
        assertThat(client.receiveAck()).isEqualTo("m" + i);
      }
      assertThat(client.socket().atEnd()).isTrue();
      assertAllWereReceivedBeforeTheSessionEnded();
    }
  }

  @Test
  void resetDoesNotWait() throws Exception {
    try (TcpTestClient client = sender()) {
      client.socket().send(frames());
      await().until(() -> !received.isEmpty());
      client.socket().reset();
      JsonObject event = disconnects.poll(60, TimeUnit.SECONDS);
      assertThat(event).isNotNull();
      assertThat(event.getString("reason")).isEqualTo("connection-lost");
    }
  }
}
