package io.linkspan.session.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.trace.Timeline;
import io.linkspan.wire.Pending;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
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
  private static final class RecordingCallback implements DeliveryCallback {
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
  private final VirtualTime time = new VirtualTime(START);
  private final AckTimeouts timeouts = new AckTimeouts(time, ACK_TIMEOUT);
  private final Latencies latencies = new Latencies();
  private final OutboxMetrics metrics =
      new OutboxMetrics(
          new LongAdder(),
          new LongAdder(),
          Counter.builder("redelivered").register(new SimpleMeterRegistry()),
          Counter.builder("abandoned").register(new SimpleMeterRegistry()),
          new SlowMetrics(new SimpleMeterRegistry()),
          DeliveryLatency.of(latencies));
  private final MemoryBudget budget = TestMemory.budget();
  private final OutboxParts shared =
      new OutboxParts(
          new OutboxParts.Limits(3, 1_000, ATTEMPTS, 4, 1_000),
          timeouts,
          metrics,
          budget.newAccount(),
          Timeline.OFF);
  private final Outbox outbox = outbox(Outbox.Mode.ACKNOWLEDGEMENTS);

  private Outbox outbox(Outbox.Mode mode) {
    return new Outbox(shared, "s", link, mode, false, null);
  }

  private static Outgoing message(String eventId) {
    return new Outgoing(Message.newBuilder().setEventId(eventId).build());
  }

  private RecordingCallback offer(String eventId, long now) {
    var callback = new RecordingCallback();
    outbox.offer(message(eventId), callback, now);
    return callback;
  }

  private void advanceTo(long now) {
    time.advanceTo(now);
  }

  @Test
  void anAcknowledgedMessageIsDelivered() {
    RecordingCallback a = offer("a", START);
    assertThat(link.written).containsExactly("a");
    assertThat(a.ending).isNull();
    outbox.acknowledged("a", null);
    assertThat(a.ending).isEqualTo("client");
    assertThat(outbox.size()).isZero();
    // A timer that was armed fires once without anything being due, and is not armed again.
    advanceTo(START + 2 * ACK_TIMEOUT);
    assertThat(time.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    outbox.acknowledged("a", null);
    outbox.acknowledged("unknown", null);
  }

  @Test
  void theTimeUntilTheAcknowledgementIsMeasured() {
    offer("a", START);
    advanceTo(START + 20);
    outbox.acknowledged("a", null);
    outbox.acknowledged("a", null);
    assertThat(latencies.series(Latency.DELIVERY).get("linked").count()).isEqualTo(1);
    assertThat(latencies.series(Latency.DELIVERY).get("linked").sumSeconds()).isEqualTo(0.02);
    assertThat(latencies.series(Latency.DELIVERY).get("away").count()).isZero();
  }

  @Test
  void theTimeOfMessagesThatWaitedForTheirClientIsMeasuredApart() {
    Outbox kept = new Outbox(shared, "s", link, Outbox.Mode.ACKNOWLEDGEMENTS, true, null);
    kept.offer(message("before"), null, START);
    kept.detach(true);
    kept.offer(message("meanwhile"), null, START);
    advanceTo(START + 50);
    kept.attach(link, Outbox.Mode.ACKNOWLEDGEMENTS, START + 50);
    kept.offer(message("after"), null, START + 50);
    List.of("before", "meanwhile", "after").forEach(id -> kept.acknowledged(id, null));
    assertThat(latencies.series(Latency.DELIVERY).get("away").count()).isEqualTo(2);
    assertThat(latencies.series(Latency.DELIVERY).get("away").sumSeconds()).isEqualTo(0.1);
    assertThat(latencies.series(Latency.DELIVERY).get("linked").count()).isEqualTo(1);
  }

  @Test
  void anUnacknowledgedMessageIsSentAgainAndThenTimesOut() {
    RecordingCallback a = offer("a", START);
    advanceTo(START + ACK_TIMEOUT - 1);
    assertThat(link.written).hasSize(1);
    for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
      assertThat(time.nextDeadline()).isEqualTo(START + attempt * ACK_TIMEOUT);
      advanceTo(START + attempt * ACK_TIMEOUT);
    }
    assertThat(link.written).containsExactly("a", "a", "a");
    assertThat(a.ending).isNull();
    advanceTo(START + ATTEMPTS * ACK_TIMEOUT);
    assertThat(a.ending).isEqualTo(ErrorCode.TIMEOUT.code());
    assertThat(metrics.redelivered().count()).isEqualTo(2);
  }

  @Test
  void anAcknowledgementSettlesTheOldestOfTheSameId() {
    RecordingCallback first = offer("a", START);
    RecordingCallback second = offer("a", START + 1);
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
    var callback = new RecordingCallback();
    Message large = Message.newBuilder().setEventId("a").setBody("x".repeat(1_000)).build();
    assertThat(outbox.offer(new Outgoing(large), callback, START)).isFalse();
    assertThat(callback.ending).isEqualTo(ErrorCode.QUEUE_FULL.code());
  }

  @Test
  void aMessageOverTheSizeOfTheLinkFailsAtOnce() {
    Outgoing large = new Outgoing(Message.newBuilder().setBody("x".repeat(500)).build());
    link.longestMessage = large.message().getSerializedSize() - 1;
    for (Outbox either : new Outbox[] {outbox, outbox(Outbox.Mode.WRITES)}) {
      var callback = new RecordingCallback();
      assertThat(either.offer(large, callback, START)).isFalse();
      assertThat(callback.ending).isEqualTo("too-large");
      assertThat(either.refusalOf(large).code()).isEqualTo(ErrorCode.TOO_LARGE);
      assertThat(either.size()).isZero();
    }
    assertThat(link.written).isEmpty();
    link.longestMessage++;
    assertThat(outbox.refusalOf(large)).isNull();
    assertThat(outbox.offer(large, null, START)).isTrue();
  }

  @Test
  void theEndOfTheSessionFailsPendingMessagesInOrder() {
    RecordingCallback a = offer("a", START);
    RecordingCallback b = offer("b", START);
    outbox.end(new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "gone"));
    assertThat(a.ending).isEqualTo("no-such-recipient");
    assertThat(b.ending).isEqualTo("no-such-recipient");
    // A timer that was armed fires once without anything being due, and is not armed again.
    advanceTo(START + 2 * ACK_TIMEOUT);
    assertThat(time.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void withTransportAcknowledgementNothingIsStored() {
    Outbox careless = outbox(Outbox.Mode.WRITES);
    var callback = new RecordingCallback();
    careless.offer(message("a"), callback, START);
    assertThat(callback.ending).isEqualTo("transport");
    assertThat(careless.size()).isZero();
    link.closing = true;
    var tooLate = new RecordingCallback();
    assertThat(careless.offer(message("b"), tooLate, START)).isFalse();
    assertThat(tooLate.ending).isEqualTo("no-such-recipient");
  }

  /** The outbox of the next link, with what this one has. */
  private Outbox resume(Outbox before, Outbox.Mode mode) {
    before.detach(true);
    return restore(before, mode);
  }

  private Outbox restore(Outbox before, Outbox.Mode mode) {
    List<Pending> all = new ArrayList<>();
    List<DeliveryCallback> callbacks = new ArrayList<>();
    before.forEach(
        delivery -> {
          all.add(delivery.toWire(null));
          callbacks.add(delivery.callback());
        });
    before.clear();
    Outbox after = new Outbox(shared, "s", null, mode, true, null);
    for (int i = 0; i < all.size(); i++) {
      after.restore(all.get(i), callbacks.get(i));
    }
    return after;
  }

  @Test
  void attemptsOfTheOldestMessageSurviveItsLinks() {
    RecordingCallback a = offer("a", START);
    RecordingCallback b = offer("b", START);
    Outbox next = outbox;
    for (int i = 1; i < ATTEMPTS; i++) {
      next = resume(next, Outbox.Mode.ACKNOWLEDGEMENTS);
      next.attach(link, Outbox.Mode.ACKNOWLEDGEMENTS, START);
    }
    assertThat(link.written).containsExactly("a", "b", "a", "b", "a");
    next.detach(true);
    assertThat(a.ending).isEqualTo("timeout");
    assertThat(metrics.abandoned().count()).isEqualTo(1);
    next = restore(next, Outbox.Mode.ACKNOWLEDGEMENTS);
    link.written.clear();
    next.attach(link, Outbox.Mode.ACKNOWLEDGEMENTS, START);
    assertThat(link.written).containsExactly("b");
    next.acknowledged("b", null);
    assertThat(b.ending).isEqualTo("client");
  }

  @Test
  void linkThatTheGatewayEndsCountsForNoMessage() {
    RecordingCallback a = offer("a", START);
    Outbox next = outbox;
    for (int i = 0; i < 2 * ATTEMPTS; i++) {
      next.detach(false);
      next = restore(next, Outbox.Mode.ACKNOWLEDGEMENTS);
      next.attach(link, Outbox.Mode.ACKNOWLEDGEMENTS, START);
    }
    next.acknowledged("a", null);
    assertThat(a.ending).isEqualTo("client");
  }

  @Test
  void whatIsBesideTheLastAttemptWaitsForItsEnd() {
    offer("a", START);
    offer("b", START);
    Outbox next = outbox;
    for (int i = 1; i < ATTEMPTS; i++) {
      next = resume(next, Outbox.Mode.ACKNOWLEDGEMENTS);
      next.attach(link, Outbox.Mode.ACKNOWLEDGEMENTS, START);
    }
    link.written.clear();
    var c = new RecordingCallback();
    next.offer(message("c"), c, START);
    assertThat(link.written).isEmpty();
    next.acknowledged("a", null);
    assertThat(link.written).containsExactly("b", "c");
    next.acknowledged("c", null);
    assertThat(c.ending).isEqualTo("client");
    // So it does when the client acknowledges a Message of an earlier link, and after a time-out.
    next.acknowledged("b", null);
    assertThat(next.size()).isZero();
  }

  @Test
  void lastAttemptThatIsNotAcknowledgedInTimeLetsTheOthersGo() {
    RecordingCallback a = offer("a", START);
    offer("b", START);
    Outbox next = outbox;
    for (int i = 1; i < ATTEMPTS; i++) {
      next = resume(next, Outbox.Mode.ACKNOWLEDGEMENTS);
      next.attach(link, Outbox.Mode.ACKNOWLEDGEMENTS, START);
    }
    link.written.clear();
    advanceTo(START + ACK_TIMEOUT);
    assertThat(a.ending).isEqualTo("timeout");
    assertThat(link.written).containsExactly("b");
  }

  @Test
  void messageThatAClientNeverGetsPastIsDroppedWhereItNamesWhatItHas() {
    Outbox next = outbox(Outbox.Mode.OFFSETS);
    String anchor = "start";
    next.anchor(anchor);
    next.offer(message("a"), null, START);
    next.offer(message("b"), null, START);
    for (int i = 0; i < ATTEMPTS; i++) {
      assertThat(link.written).contains("a");
      link.written.clear();
      next = resume(next, Outbox.Mode.OFFSETS);
      next.anchor(anchor);
      assertThat(next.seen(anchor)).isTrue();
      next.attach(link, Outbox.Mode.OFFSETS, START);
    }
    assertThat(link.written).containsExactly("b");
    assertThat(metrics.abandoned().count()).isEqualTo(1);
  }

  @Test
  void messageThatArrivesAgainAfterItFailedFailsAgain() {
    offer("a", START);
    advanceTo(START + ATTEMPTS * ACK_TIMEOUT);
    var again = new RecordingCallback();
    assertThat(outbox.join(message("a").message(), again)).isTrue();
    assertThat(again.ending).isEqualTo("timeout");
    assertThat(outbox.join(message("unknown").message(), null)).isFalse();
  }

  @Test
  void messageOfAReplicaIsNotDeliveredBeforeTheClientHasResumed() {
    Outbox adopted = restore(outbox, Outbox.Mode.ACKNOWLEDGEMENTS);
    Message a = message("a").message();
    adopted.restore(Pending.newBuilder().setMessage(a).setWritten(true).build(), null);
    var again = new RecordingCallback();
    assertThat(adopted.join(a, again)).isTrue();
    assertThat(again.ending).isNull();
    adopted.attach(link, Outbox.Mode.ACKNOWLEDGEMENTS, START);
    adopted.acknowledged("a", null);
    assertThat(again.ending).isEqualTo("client");
  }

  @RepeatedTest(200)
  void everythingEndsOnceWhateverTheClientAcknowledges(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    Map<RecordingCallback, String> callbacks = new HashMap<>();
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
        callbacks.put(offer(id, now), id);
      }
      assertThat(outbox.size()).isLessThanOrEqualTo(3);
    }
    advanceTo(now + ATTEMPTS * ACK_TIMEOUT);
    advanceTo(now + 2L * ATTEMPTS * ACK_TIMEOUT);
    advanceTo(now + 3L * ATTEMPTS * ACK_TIMEOUT);
    assertThat(outbox.size()).isZero();
    assertThat(metrics.pending().sum()).isZero();
    assertThat(metrics.pendingBytes().sum()).isZero();
    callbacks.forEach(
        (callback, id) -> {
          assertThat(callback.ending).isNotNull();
          if (callback.ending.equals("client")) {
            assertThat(acknowledged).contains(id);
          }
        });
  }
}
