package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.WebSocketTestClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The levels of the direct memory, which is measured: the gateway is in this process. */
class DirectMemoryTest {

  /** Netty allocates chunks of 4 MiB, which must be small in comparison with a level. */
  private static final int SOME_CHUNKS = 64 << 20;

  private static final int MANY_CHUNKS = 256 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MEMBERS = 8;
  private static final String BODY = "x".repeat(128 << 10);

  private final List<ByteBuf> held = new ArrayList<>();
  private PressedGateway pressed;
  private long limit;

  /** Starts with a limit of which other tests in this process have taken less than half. */
  private void start(int spare, String... settings) {
    limit = 2 * PlatformDependent.usedDirectMemory() + spare;
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of("memory.direct", Long.toString(limit), "memory.heap", "1GiB"));
    pressed = PressedGateway.start(all.toArray(String[]::new));
  }

  @AfterEach
  void stop() {
    release();
    pressed.close();
  }

  private void release() {
    held.forEach(ByteBuf::release);
    held.clear();
  }

  /** Allocates direct memory until this part of the limit is used, and waits for the level. */
  private void hold(int percent, MemoryLevel level) {
    long wanted = limit / 100 * percent;
    for (long used; (used = used()) < wanted; ) {
      held.add(UnpooledByteBufAllocator.DEFAULT.directBuffer((int) (wanted - used)));
    }
    await().atMost(PATIENCE).until(() -> pressed.level("direct"), level::equals);
  }

  private long used() {
    return (long) pressed.metric("memory_used_bytes{memory=\"direct\"}");
  }

  private WebSocketTestClient client(String query) {
    return pressed.add(WebSocketTestClient.connect(pressed.gateway().httpPort(), query));
  }

  private String statusOfANewClient() {
    return pressed.add(RawWebSocket.connect(pressed.gateway().httpPort(), "/ws?user=new")).status();
  }

  private static Message message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).build();
  }

  private static void assertQueueFull(WebSocketTestClient sender, String eventId) {
    var error = sender.receiveError();
    assertThat(error.getString("code")).isEqualTo("queue-full");
    assertThat(error.getString("replyTo")).isEqualTo(eventId);
  }

  @Test
  void eachLevelHasItsConsequenceAndIsLeft() {
    start(MANY_CHUNKS);
    WebSocketTestClient sender = client("user=sender");
    WebSocketTestClient recipient = client("user=recipient");
    assertThat(pressed.readiness().status()).isEqualTo(200);
    hold(77, MemoryLevel.REFUSING);
    assertThat(statusOfANewClient()).contains("503");
    assertThat(pressed.readiness().status()).isEqualTo(503);
    assertThat(pressed.readiness().body())
        .contains("direct memory")
        .contains("new clients are refused");
    assertThat(pressed.level("heap")).isEqualTo(MemoryLevel.NORMAL);
    pressed.serve();

    hold(90, MemoryLevel.SHEDDING);
    sender.send(
        message("late", "user:recipient").toBuilder().putHeaders(Headers.VOLATILE, "true").build());
    assertQueueFull(sender, "late");
    sender.send(message("kept", "user:recipient"));
    assertThat(recipient.receiveMessage().getEventId()).isEqualTo("kept");
    recipient.acknowledge("kept");
    assertThat(sender.receiveAck()).isEqualTo("kept");

    hold(98, MemoryLevel.FULL);
    sender.send(message("refused", "user:recipient"));
    assertQueueFull(sender, "refused");
    assertThat(pressed.readiness().body()).contains("messages are refused as queue-full");

    release();
    await().atMost(PATIENCE).until(() -> pressed.level("direct"), MemoryLevel.NORMAL::equals);
    assertThat(statusOfANewClient()).contains("101");
    // Clients that hold little were not closed.
    assertThat(pressed.shed()).isZero();
    sender.send(message("again", "user:recipient"));
    assertThat(recipient.receiveMessage().getEventId()).isEqualTo("again");
    pressed.assertReturnsToTheStart();
  }

  @Test
  void clientsThatDoNotReadAreClosedBeforeMessagesOfOthersAreRefused() {
    start(
        SOME_CHUNKS,
        "limits.writeQueue",
        "1GiB",
        "session.maxPendingBytes",
        "1GiB",
        "session.grace",
        "0s");
    for (int i = 0; i < MEMBERS; i++) {
      var slow =
          new WebSocketTestClient(
              RawWebSocket.connect(pressed.gateway().httpPort(), 4_096, "/ws?user=slow" + i));
      pressed.add(slow);
      slow.send(
          Message.newBuilder()
              .setEventId("join")
              .setType("join_group")
              .setBody("[\"slow\"]")
              .build());
      assertThat(slow.receiveAck()).isEqualTo("join");
    }
    WebSocketTestClient sender = client("user=sender");
    List<MemoryLevel> seen = new ArrayList<>();
    for (int i = 0; pressed.shed() == 0; i++) {
      assertThat((long) i * MEMBERS * BODY.length()).as("bytes sent").isLessThan(4 * limit);
      sender.send(message("m" + i, "group:slow").toBuilder().setBody(BODY).build());
      pressed.serve();
      seen.add(pressed.level("direct"));
    }
    assertThat(seen).contains(MemoryLevel.NORMAL, MemoryLevel.REFUSING);
    assertThat(seen).doesNotContain(MemoryLevel.FULL);
    pressed.until(
        "fewer slow clients", () -> pressed.level("direct").compareTo(MemoryLevel.SHEDDING) < 0);
    pressed.assertReturnsToTheStart();
    assertThat(statusOfANewClient()).contains("101");
  }
}
