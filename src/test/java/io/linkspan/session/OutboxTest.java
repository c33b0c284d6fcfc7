package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class OutboxTest {

  private static final long START = 1_000;
  private static final long ACK_TIMEOUT = 100;
  private static final int ATTEMPTS = 3;

  /** A link that remembers what was written. */
  private static final class RecordingLink implements Connection {
    final List<String> written = new ArrayList<>();
    boolean closing;
    int longestMessage = Integer.MAX_VALUE;

    @Override
    public int longestMessage() {
      return longestMessage;
    }

    @Override
    public String transport() {
      return "recording";
    }

    @Override
    public String remote() {
      return "nowhere:0";
    }

    @Override
    public long lastReceived() {
      return START;
    }

    @Override
    public boolean deliver(Outgoing message) {
      written.add(message.message().getEventId());
      return !closing;
    }

    @Override
    public void close(CloseReason reason, long retryAfterMs) {}
  }

  /** Remembers how a delivery ended, and that it ended once. */
  private static final class RecordingSettlement implements DeliveryCallback {
    String ending;

    @Override
    public void delivered(By by, Message reply) {
      end(by.label());
    }

    @Override
    public void failed(MessageException failure) {
      end(failure.code().code());
    }

    private void end(String how) {
      assertThat(ending).isNull();
      ending = how;
    }
  }

  private final RecordingLink link = new RecordingLink();
  private final AckTimeouts timeouts = new AckTimeouts(ACK_TIMEOUT);
  private final SessionMetrics metrics = new SessionMetrics(new SimpleMeterRegistry());
  private final Outbox outbox = outbox(Outbox.Mode.ACKNOWLEDGEMENTS);

  private Outbox outbox(Outbox.Mode mode) {
    var config =
        new SessionConfig(Duration.ofSeconds(1), 3, 1_000, 1, 1, SessionConfig.OnExcess.REPLACE, 0);
    return new Outbox(config, ATTEMPTS, timeouts, link, mode, false, null, metrics);
  }

  private static Outgoing message(String eventId) {
    return new Outgoing(Message.newBuilder().setEventId(eventId).build());
  }

  private RecordingSettlement offer(String eventId, long now) {
    var settlement = new RecordingSettlement();
    outbox.offer(message(eventId), settlement, now);
    return settlement;
  }

  private void advanceTo(long now) {
    for (PendingDelivery due; (due = timeouts.poll(now)) != null; ) {
      due.outbox.due(due, now);
    }
  }

  @Test
  void whatIsAcknowledgedIsDelivered() {
    RecordingSettlement a = offer("a", START);
    assertThat(link.written).containsExactly("a");
    assertThat(a.ending).isNull();
    outbox.acknowledged("a", null);
    assertThat(a.ending).isEqualTo("client");
    assertThat(outbox.size()).isZero();
    assertThat(timeouts.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    outbox.acknowledged("a", null);
    outbox.acknowledged("unknown", null);
  }

  @Test
  void whatIsNotAcknowledgedIsSentAgainAndThenGivenUp() {
    RecordingSettlement a = offer("a", START);
    advanceTo(START + ACK_TIMEOUT - 1);
    assertThat(link.written).hasSize(1);
    for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
      assertThat(timeouts.nextDeadline()).isEqualTo(START + attempt * ACK_TIMEOUT);
      advanceTo(START + attempt * ACK_TIMEOUT);
    }
    assertThat(link.written).containsExactly("a", "a", "a");
    assertThat(a.ending).isNull();
    advanceTo(START + ATTEMPTS * ACK_TIMEOUT);
    assertThat(a.ending).isEqualTo(ErrorCode.TIMEOUT.code());
    assertThat(metrics.redelivered.count()).isEqualTo(2);
  }

  @Test
  void anAcknowledgementSettlesTheOldestOfTheSameId() {
    RecordingSettlement first = offer("a", START);
    RecordingSettlement second = offer("a", START + 1);
    outbox.acknowledged("a", null);
    assertThat(first.ending).isEqualTo("client");
    assertThat(second.ending).isNull();
    outbox.acknowledged("a", null);
    assertThat(second.ending).isEqualTo("client");
  }

  @Test
  void aFullOutboxRefusesAndKeepsWhatItHas() {
    offer("a", START);
    offer("b", START);
    offer("c", START);
    assertThat(offer("d", START).ending).isEqualTo(ErrorCode.QUEUE_FULL.code());
    outbox.acknowledged("b", null);
    assertThat(offer("e", START).ending).isNull();
    assertThat(link.written).containsExactly("a", "b", "c", "e");
  }

  @Test
  void bytesCountToo() {
    var settlement = new RecordingSettlement();
    Message large = Message.newBuilder().setEventId("a").setBody("x".repeat(1_000)).build();
    assertThat(outbox.offer(new Outgoing(large), settlement, START)).isFalse();
    assertThat(settlement.ending).isEqualTo(ErrorCode.QUEUE_FULL.code());
  }

  @Test
  void whatTheLinkCanNotCarryIsTooLargeAtOnce() {
    Outgoing large = new Outgoing(Message.newBuilder().setBody("x".repeat(500)).build());
    link.longestMessage = large.message().getSerializedSize() - 1;
    for (Outbox either : new Outbox[] {outbox, outbox(Outbox.Mode.WRITES)}) {
      var settlement = new RecordingSettlement();
      assertThat(either.offer(large, settlement, START)).isFalse();
      assertThat(settlement.ending).isEqualTo("too-large");
      assertThat(either.refusalOf(large.message()).code()).isEqualTo(ErrorCode.TOO_LARGE);
      assertThat(either.size()).isZero();
    }
    assertThat(link.written).isEmpty();
    link.longestMessage++;
    assertThat(outbox.refusalOf(large.message())).isNull();
    assertThat(outbox.offer(large, null, START)).isTrue();
  }

  @Test
  void theEndFailsWhatIsPendingInOrder() {
    RecordingSettlement a = offer("a", START);
    RecordingSettlement b = offer("b", START);
    outbox.end(new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "gone"));
    assertThat(a.ending).isEqualTo("no-such-recipient");
    assertThat(b.ending).isEqualTo("no-such-recipient");
    assertThat(timeouts.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whereWritingIsEnoughNothingIsKept() {
    Outbox careless = outbox(Outbox.Mode.WRITES);
    var settlement = new RecordingSettlement();
    careless.offer(message("a"), settlement, START);
    assertThat(settlement.ending).isEqualTo("transport");
    assertThat(careless.size()).isZero();
    link.closing = true;
    var tooLate = new RecordingSettlement();
    assertThat(careless.offer(message("b"), tooLate, START)).isFalse();
    assertThat(tooLate.ending).isEqualTo("no-such-recipient");
  }

  @RepeatedTest(200)
  void everythingEndsOnceWhateverTheClientAcknowledges(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    Map<RecordingSettlement, String> settlements = new HashMap<>();
    Set<String> acknowledged = new HashSet<>();
    long now = START;
    for (int step = 0; step < 300; step++) {
      now += random.nextInt(40);
      advanceTo(now);
      String id = "m" + random.nextInt(8);
      if (random.nextInt(3) == 0) {
        outbox.acknowledged(id, null);
        acknowledged.add(id);
      } else {
        settlements.put(offer(id, now), id);
      }
      assertThat(outbox.size()).isLessThanOrEqualTo(3);
    }
    advanceTo(now + ATTEMPTS * ACK_TIMEOUT);
    advanceTo(now + 2L * ATTEMPTS * ACK_TIMEOUT);
    advanceTo(now + 3L * ATTEMPTS * ACK_TIMEOUT);
    assertThat(outbox.size()).isZero();
    assertThat(metrics.pending.sum()).isZero();
    assertThat(metrics.pendingBytes.sum()).isZero();
    settlements.forEach(
        (settlement, id) -> {
          assertThat(settlement.ending).isNotNull();
          if (settlement.ending.equals("client")) {
            assertThat(acknowledged).contains(id);
          }
        });
  }
}
