package io.linkspan.transport.enet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests that everything received before a disconnect of the client is passed on, in order. */
class EnetCleanEndLosesNoMessageTest {

  private static final int MESSAGES = 500;

  private final List<String> received = new CopyOnWriteArrayList<>();
  private TestGateway gateway;

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void disconnectLaterEndsTheSessionAfterItsMessages() throws Exception {
    gateway = TestGateway.start(Map.of("limits.inFlight", "8"));
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
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
    EnetTestClient client = EnetTestClient.connect(gateway.enetPort(), "sender", "transport");
    for (int i = 0; i < MESSAGES; i++) {
      client.send(Message.newBuilder().setEventId("m" + i).build());
    }
    client.leaveLater(77);
    JsonObject event = disconnects.poll(60, TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    assertThat(event.getString("reason")).isEqualTo("normal");
    assertThat(event.getLong("data")).isEqualTo(77);
    await().until(() -> received.size() == MESSAGES);
    assertThat(received)
        .containsExactlyElementsOf(IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList());
    assertThat(gateway.node().getInteger("sessions")).isZero();
  }
}
