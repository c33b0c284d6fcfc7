package io.linkspan.session.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.SlowPolicy;
import io.linkspan.connection.Backlog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.MemoryUse;
import io.linkspan.metrics.Latencies;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.trace.Timeline;
import io.linkspan.wire.Pending;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ConflatingQueueTest {

  private static final long START = 1_000;
  private static final int MAX_WAITING = 4;
  private static final int MAX_BYTES = 1_000;

  /** A link that takes so many Messages until it is not writable. */
  private static final class SlowLink implements Connection, Backlog {
    final List<String> written = new ArrayList<>();
    int takes;
    long bytes;
    Runnable whenWritable;
    boolean isShort;
    CloseReason closed;
    Runnable onClose = () -> {};

    @Override
    public String transport() {
      return "slow";
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
      takes--;
      written.add(message.message().getEventId());
      return closed == null;
    }

    @Override
    public void close(CloseReason reason, long retryAfterMs) {
      closed = reason;
      onClose.run();
    }

    @Override
    public Backlog backlog() {
      return this;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public void drop() {}

    @Override
    public void keepShort() {
      isShort = true;
    }

    @Override
    public boolean isWritable() {
      return takes > 0;
    }

    @Override
    public void whenWritable(Runnable action) {
      assertThat(whenWritable).isNull();
      whenWritable = action;
    }

    /** Lets the client read, so that the link takes more. */
    void reads(int messages) {
      takes = messages;
      Runnable action = whenWritable;
      whenWritable = null;
      if (action != null) {
        action.run();
      }
    }
  }

  private final SlowLink link = new SlowLink();
  private final VirtualTime time = new VirtualTime(START);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final MemoryBudget budget = TestMemory.budget();
  private final OutboxParts parts =
      new OutboxParts(
          new OutboxParts.Limits(1_000, 1 << 20, 3, MAX_WAITING, MAX_BYTES),
          new AckTimeouts(time, 100),
          new OutboxMetrics(
              new LongAdder(),
              new LongAdder(),
              Counter.builder("redelivered").register(meters),
              Counter.builder("abandoned").register(meters),
              new SlowMetrics(meters),
              DeliveryLatency.of(new Latencies())),
          budget.newAccount(),
          Timeline.OFF);
  private Outbox outbox;
  private ConflatingQueue queue;

  private void begin(Outbox.Mode mode, boolean keeps) {
    outbox = new Outbox(parts, "s", link, mode, keeps, null);
    queue = new ConflatingQueue(parts, outbox, "s", keeps);
  }

  private static Message.Builder message(SlowPolicy policy, String eventId) {
    return Message.newBuilder()
        .setEventId(eventId)
        .setTo("group:prices")
        .putHeaders(Headers.SLOW, policy.label());
  }

  private static Outgoing latest(String key, String eventId) {
    return new Outgoing(
        message(SlowPolicy.LATEST, eventId).putHeaders(Headers.SLOW_KEY, key).build());
  }

  private static Outgoing dropOldest(String eventId) {
    return new Outgoing(message(SlowPolicy.DROP_OLDEST, eventId).build());
  }

  private static Outgoing cut(String eventId) {
    return new Outgoing(message(SlowPolicy.CUT, eventId).build());
  }

  private RecordingCallback offer(Outgoing outgoing) {
    var ending = new RecordingCallback();
    boolean taken = queue.offer(outgoing, ending, START);
    assertThat(taken || ending.outcome() != null).isTrue();
    return ending;
  }

  private double count(SlowPolicy policy, String effect) {
    return meters
        .get("linkspan.slow.messages")
        .tag("policy", policy.label())
        .tag("effect", effect)
        .counter()
        .count();
  }

  @Test
  void aWritableLinkIsWrittenToAtOnce() {
    begin(Outbox.Mode.WRITES, false);
    link.takes = 2;
    assertThat(offer(latest("a", "1")).outcome()).isEqualTo("transport");
    assertThat(offer(latest("a", "2")).outcome()).isEqualTo("transport");
    assertThat(link.written).containsExactly("1", "2");
    assertThat(link.isShort).isTrue();
  }

  @Test
  void theNewestOfEachKeyIsWrittenInThePlaceOfTheOldest() {
    begin(Outbox.Mode.WRITES, false);
    RecordingCallback older = offer(latest("a", "a1"));
    offer(latest("b", "b1"));
    RecordingCallback newer = offer(latest("a", "a2"));
    assertThat(older.outcome()).isEqualTo("superseded");
    assertThat(newer.outcome()).isNull();
    assertThat(link.written).isEmpty();
    link.reads(10);
    assertThat(link.written).containsExactly("a2", "b1");
    assertThat(newer.outcome()).isEqualTo("transport");
    assertThat(count(SlowPolicy.LATEST, "superseded")).isEqualTo(1);
    assertThat(meters.get("linkspan.slow.waiting").gauge().value()).isZero();
  }

  @Test
  void senderRecipientAndTypeArePartsOfTheKey() {
    begin(Outbox.Mode.WRITES, false);
    offer(new Outgoing(message(SlowPolicy.LATEST, "1").build()));
    offer(new Outgoing(message(SlowPolicy.LATEST, "2").setFrom("alice").build()));
    offer(new Outgoing(message(SlowPolicy.LATEST, "3").setTo("user:bob").build()));
    offer(new Outgoing(message(SlowPolicy.LATEST, "4").setType("price").build()));
    link.reads(10);
    assertThat(link.written).containsExactly("1", "2", "3", "4");
  }

  @Test
  void theLinkTakesNoMoreThanItAskedFor() {
    begin(Outbox.Mode.WRITES, false);
    for (String key : List.of("a", "b", "c")) {
      offer(latest(key, key + 1));
    }
    link.reads(1);
    assertThat(link.written).containsExactly("a1");
    offer(latest("b", "b2"));
    link.reads(1);
    assertThat(link.written).containsExactly("a1", "b2");
    link.reads(2);
    assertThat(link.written).containsExactly("a1", "b2", "c1");
    assertThat(link.whenWritable).isNull();
  }

  @Test
  void aFullQueueDropsTheOldestOfDropOldestBeforeAnyLatest() {
    begin(Outbox.Mode.WRITES, false);
    RecordingCallback price = offer(latest("a", "a1"));
    RecordingCallback first = offer(dropOldest("1"));
    RecordingCallback second = offer(dropOldest("2"));
    offer(dropOldest("3"));
    offer(dropOldest("4"));
    assertThat(first.outcome()).isEqualTo("queue-full");
    assertThat(second.outcome()).isNull();
    offer(latest("b", "b1"));
    assertThat(second.outcome()).isEqualTo("queue-full");
    link.reads(10);
    assertThat(link.written).containsExactly("a1", "3", "4", "b1");
    assertThat(price.outcome()).isEqualTo("transport");
    assertThat(count(SlowPolicy.DROP_OLDEST, "dropped")).isEqualTo(2);
  }

  @Test
  void moreKeysThanTheQueueHoldsDropTheOldestKey() {
    begin(Outbox.Mode.WRITES, false);
    RecordingCallback oldest = offer(latest("a", "a1"));
    for (String key : List.of("b", "c", "d", "e")) {
      offer(latest(key, key + 1));
    }
    assertThat(oldest.outcome()).isEqualTo("queue-full");
    assertThat(count(SlowPolicy.LATEST, "dropped")).isEqualTo(1);
    link.reads(10);
    assertThat(link.written).containsExactly("b1", "c1", "d1", "e1");
  }

  @Test
  void bytesAreBoundedAsMessagesAre() {
    begin(Outbox.Mode.WRITES, false);
    RecordingCallback first = offer(large("1", MAX_BYTES * 2 / 3));
    RecordingCallback second = offer(large("2", MAX_BYTES * 2 / 3));
    assertThat(first.outcome()).isEqualTo("queue-full");
    assertThat(second.outcome()).isNull();
    assertThat(queue.size()).isEqualTo(1);
    assertThat(offer(large("3", MAX_BYTES)).outcome()).isEqualTo("queue-full");
    assertThat(queue.size()).isEqualTo(1);
  }

  private static Outgoing large(String eventId, int bytes) {
    return new Outgoing(
        message(SlowPolicy.DROP_OLDEST, eventId).setBody("x".repeat(bytes)).build());
  }

  @Test
  void memoryIsChargedForWhatWaitsAndGivenBack() {
    begin(Outbox.Mode.WRITES, false);
    for (int i = 0; i < 100; i++) {
      offer(latest("a", "a" + i));
      offer(dropOldest("" + i));
    }
    assertThat(budget.charged(MemoryUse.OUTBOX)).isPositive();
    assertThat(queue.held()).isPositive();
    link.reads(10);
    assertThat(budget.charged(MemoryUse.OUTBOX)).isZero();
    assertThat(queue.held()).isZero();
  }

  @Test
  void aWrittenMessageWaitsForItsAcknowledgementAsAnyOther() {
    begin(Outbox.Mode.ACKNOWLEDGEMENTS, true);
    link.takes = 1;
    RecordingCallback first = offer(latest("a", "a1"));
    RecordingCallback second = offer(latest("a", "a2"));
    assertThat(first.outcome()).isNull();
    link.reads(10);
    assertThat(link.written).containsExactly("a1", "a2");
    outbox.acknowledged("a2", null);
    assertThat(second.outcome()).isEqualTo("client");
    outbox.acknowledged("a1", null);
    assertThat(first.outcome()).isEqualTo("client");
  }

  @Test
  void aClientThatDoesNotAcknowledgeIsASlowReader() {
    begin(Outbox.Mode.ACKNOWLEDGEMENTS, true);
    link.takes = Integer.MAX_VALUE;
    for (int i = 0; i < 100; i++) {
      offer(latest("a", "" + i));
    }
    assertThat(link.written).hasSize(64);
    outbox.acknowledged("0", null);
    assertThat(link.written).hasSize(65).endsWith("99");
  }

  @Test
  void anAbandonedMessageMakesRoomAsAnAcknowledgementDoes() {
    begin(Outbox.Mode.ACKNOWLEDGEMENTS, true);
    link.takes = Integer.MAX_VALUE;
    for (int i = 0; i < 65; i++) {
      offer(latest("a", "" + i));
    }
    time.advanceTo(START + 1_000);
    assertThat(link.written).endsWith("64");
  }

  @Test
  void theNewestWaitWhileTheClientIsAway() {
    begin(Outbox.Mode.WRITES, true);
    link.takes = Integer.MAX_VALUE;
    outbox.detach(true);
    queue.detach();
    RecordingCallback older = offer(latest("a", "a1"));
    offer(latest("b", "b1"));
    offer(latest("a", "a2"));
    outbox.offer(new Outgoing(Message.newBuilder().setEventId("queued").build()), null, START);
    assertThat(older.outcome()).isEqualTo("superseded");
    outbox.attach(link, Outbox.Mode.WRITES, START);
    queue.attach(START);
    assertThat(link.written).containsExactly("queued", "a2", "b1");
  }

  @Test
  void aLinkMayEndByWhatTheOutboxSends() {
    begin(Outbox.Mode.WRITES, true);
    outbox.detach(true);
    queue.detach();
    offer(latest("a", "a1"));
    outbox.offer(new Outgoing(Message.newBuilder().setEventId("queued").build()), null, START);
    outbox.attach(link, Outbox.Mode.WRITES, START);
    outbox.detach(true);
    queue.attach(START);
    assertThat(link.written).containsExactly("queued");
    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void nothingWaitsForASessionThatEndsWithItsLink() {
    begin(Outbox.Mode.WRITES, false);
    RecordingCallback ending = offer(latest("a", "a1"));
    queue.end(Refusals.leaving());
    assertThat(ending.outcome()).isEqualTo("no-such-recipient");
    outbox.detach(true);
    assertThat(offer(latest("a", "a2")).outcome()).isEqualTo("no-such-recipient");
  }

  @Test
  void aReportOfAnEarlierLinkIsIgnored() {
    begin(Outbox.Mode.WRITES, true);
    offer(latest("a", "a1"));
    Runnable early = link.whenWritable;
    link.whenWritable = null;
    outbox.detach(true);
    queue.detach();
    outbox.attach(link, Outbox.Mode.WRITES, START);
    queue.attach(START);
    early.run();
    offer(latest("a", "a2"));
    link.reads(10);
    assertThat(link.written).containsExactly("a2");
  }

  @Test
  void whatWaitsMovesWithTheSessionAndKeepsItsCallback() {
    begin(Outbox.Mode.WRITES, true);
    offer(latest("a", "a1"));
    offer(dropOldest("1"));
    List<Pending> moved = new ArrayList<>();
    queue.forEach(delivery -> moved.add(delivery.toWire(null)));
    queue.clear();
    assertThat(queue.size()).isZero();
    assertThat(moved).allMatch(pending -> pending.getNumber() == 0);

    outbox = new Outbox(parts, "s", null, Outbox.Mode.WRITES, true, null);
    queue = new ConflatingQueue(parts, outbox, "s", true);
    List<RecordingCallback> endings = new ArrayList<>();
    for (Pending pending : moved) {
      var ending = new RecordingCallback();
      endings.add(ending);
      queue.restore(pending, ending);
    }
    offer(latest("a", "a2"));
    assertThat(endings).extracting(ending -> ending.outcome()).containsExactly("superseded", null);
    link.takes = 10;
    outbox.attach(link, Outbox.Mode.WRITES, START);
    queue.attach(START);
    assertThat(link.written).containsExactly("a2", "1");
  }

  @Test
  void cutClosesALinkThatHoldsTooMuchAndTheMessageWaitsForTheNextOne() {
    begin(Outbox.Mode.WRITES, true);
    link.onClose =
        () -> {
          outbox.detach(true);
          queue.detach();
        };
    link.bytes = MAX_BYTES;
    assertThat(offer(cut("1")).outcome()).isEqualTo("transport");
    link.bytes = MAX_BYTES + 1;
    RecordingCallback second = offer(cut("2"));
    assertThat(link.closed).isEqualTo(CloseReason.SLOW_CONSUMER);
    assertThat(second.outcome()).isNull();
    assertThat(count(SlowPolicy.CUT, "closed")).isEqualTo(1);
    link.closed = null;
    outbox.attach(link, Outbox.Mode.WRITES, START);
    queue.attach(START);
    assertThat(link.written).containsExactly("1", "2");
  }

  @Test
  void cutLeavesALinkThatReadsAlone() {
    begin(Outbox.Mode.WRITES, true);
    link.takes = 1;
    link.bytes = MAX_BYTES + 1;
    offer(cut("1"));
    assertThat(link.closed).isNull();
  }

  @RepeatedTest(50)
  void eachMessageEndsOnceAndTheLastOfEachKeyArrives(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    begin(random.nextBoolean() ? Outbox.Mode.WRITES : Outbox.Mode.OFFSETS, true);
    Map<String, String> newest = new HashMap<>();
    List<RecordingCallback> endings = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      switch (random.nextInt(4)) {
        case 0 -> link.reads(random.nextInt(3));
        case 1 -> {
          outbox.detach(true);
          queue.detach();
          link.whenWritable = null;
          outbox.attach(link, Outbox.Mode.WRITES, START);
          queue.attach(START);
        }
        default -> {
          String key = "" + (char) ('a' + random.nextInt(MAX_WAITING));
          newest.put(key, key + i);
          endings.add(offer(latest(key, key + i)));
        }
      }
    }
    link.reads(Integer.MAX_VALUE);
    assertThat(endings).allMatch(ending -> ending.outcome() != null);
    Map<String, String> last = new HashMap<>();
    link.written.forEach(eventId -> last.put(eventId.substring(0, 1), eventId));
    assertThat(last).isEqualTo(newest);
    assertThat(queue.size()).isZero();
  }
}
