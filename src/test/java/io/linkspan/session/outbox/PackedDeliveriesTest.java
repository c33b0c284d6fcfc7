package io.linkspan.session.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.metrics.Latencies;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.trace.Timeline;
import io.linkspan.wire.Pending;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/**
 * Gives two outboxes the same random Messages, acknowledgements and links. One packs what it holds,
 * the other one cannot, since its Messages are for several clients.
 */
class PackedDeliveriesTest {

  private static final long START = 1_000;
  private static final long ACK_TIMEOUT = 100;
  private static final int STEPS = 600;
  private static final int MAX_PENDING = 100;

  /** One outbox after the other of one session, and all that leaves them. */
  private static final class Side {
    final boolean packs;
    final VirtualTime time = new VirtualTime(START);
    final MemoryBudget budget = TestMemory.budget();
    final List<Outgoing> written = new ArrayList<>();
    final List<RecordingCallback> callbacks = new ArrayList<>();
    final List<String> replicated = new ArrayList<>();
    final OutboxMetrics metrics =
        new OutboxMetrics(
            new LongAdder(),
            new LongAdder(),
            Counter.builder("redelivered").register(new SimpleMeterRegistry()),
            Counter.builder("abandoned").register(new SimpleMeterRegistry()),
            new SlowMetrics(new SimpleMeterRegistry()),
            DeliveryLatency.of(new Latencies()));
    final OutboxParts parts =
        new OutboxParts(
            new OutboxParts.Limits(MAX_PENDING, 8_000, 3, 4, 1_000),
            new AckTimeouts(time, ACK_TIMEOUT),
            metrics,
            budget.newAccount(),
            Timeline.OFF);
    Outbox outbox;
    boolean linked = true;

    Side(boolean packs, Outbox.Mode mode) {
      this.packs = packs;
      outbox = newOutbox(new RecordingLink(written), mode);
    }

    private Outbox newOutbox(Connection link, Outbox.Mode mode) {
      return new Outbox(parts, "s", link, mode, true, new RecordingListener(replicated));
    }

    boolean offer(Message message, int channel) {
      var callback = new RecordingCallback();
      callbacks.add(callback);
      Outgoing outgoing = packs ? new Outgoing(message, channel) : new Outgoing(message);
      return outbox.offer(outgoing, callback, time.now());
    }

    void attach(Outbox.Mode mode) {
      linked = true;
      outbox.attach(new RecordingLink(written), mode, time.now());
    }

    void detach(boolean clientFailed) {
      linked = false;
      outbox.detach(clientFailed);
    }

    /** Moves everything to another outbox, as a transfer to another shard does. */
    void move(Outbox.Mode mode) {
      List<Pending> all = forms();
      List<DeliveryCallback> waiting = new ArrayList<>();
      outbox.forEach(delivery -> waiting.add(delivery.callback()));
      String anchor = outbox.anchor();
      outbox.clear();
      outbox = newOutbox(null, mode);
      outbox.anchor(anchor);
      for (int i = 0; i < all.size(); i++) {
        outbox.restore(all.get(i), waiting.get(i));
      }
    }

    List<Pending> forms() {
      List<Pending> all = new ArrayList<>();
      outbox.forEach(delivery -> all.add(delivery.toWire(null).toBuilder().setChannel(0).build()));
      return all;
    }

    List<Message> writtenMessages() {
      return written.stream().map(Outgoing::message).toList();
    }

    List<String> outcomes() {
      return callbacks.stream().map(RecordingCallback::outcome).toList();
    }
  }

  private record RecordingLink(List<Outgoing> written) implements Connection {

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
      written.add(message);
      return true;
    }

    @Override
    public void close(CloseReason reason, long retryAfterMs) {}
  }

  private record RecordingListener(List<String> changes) implements OutboxListener {

    @Override
    public void added(PendingDelivery delivery) {
      changes.add("added " + delivery.toReplica().getMessage().getEventId());
    }

    @Override
    public void attempted(PendingDelivery delivery) {
      changes.add("attempted " + delivery.number() + ' ' + delivery.failedAttempts());
    }

    @Override
    public void removed(PendingDelivery delivery) {
      changes.add("removed " + delivery.number());
    }

    @Override
    public void anchored(String offset) {
      changes.add("anchored " + offset);
    }
  }

  private static Message random(Random random) {
    Message.Builder message =
        Message.newBuilder()
            .setEventId("é" + random.nextInt(80))
            .setFrom("user:" + random.nextInt(2))
            .setBody("x".repeat(random.nextInt(60)));
    if (random.nextInt(5) == 0) {
      message.putHeaders("volatile", random.nextBoolean() ? "true" : "no");
    }
    return message.build();
  }

  private static Outbox.Mode mode(Random random) {
    List<Outbox.Mode> modes = List.of(Outbox.Mode.values());
    return modes.get(random.nextInt(modes.size()));
  }

  private static void step(Side side, Random random) {
    Message message = random(random);
    int dice = random.nextInt(100);
    Outbox outbox = side.outbox;
    if (dice < 70) {
      side.offer(message, 0);
    } else if (dice < 85) {
      outbox.acknowledged(message.getEventId(), random.nextInt(3) == 0 ? message : null);
    } else if (dice < 88) {
      side.time.advanceTo(side.time.now() + random.nextInt(2 * (int) ACK_TIMEOUT));
    } else if (dice < 90) {
      var callback = new RecordingCallback();
      side.callbacks.add(callback);
      outbox.join(message, callback);
    } else if (dice < 92) {
      outbox.seen(PendingDelivery.offsetOf(message));
    } else if (dice < 94) {
      outbox.readUntil(side.time.now() - random.nextInt(50));
    } else if (side.linked) {
      side.detach(random.nextBoolean());
    } else {
      Outbox.Mode mode = mode(random);
      if (dice < 96) {
        side.move(mode);
      }
      side.attach(mode);
    }
  }

  @RepeatedTest(40)
  void packedDeliveriesBehaveAsAllOthers() {
    long seed = System.nanoTime();
    String description = "seed " + seed;
    Outbox.Mode mode = mode(new Random(seed));
    Side packed = new Side(true, mode);
    Side general = new Side(false, mode);
    Random first = new Random(seed);
    Random second = new Random(seed);
    for (int i = 0; i < STEPS; i++) {
      step(packed, first);
      step(general, second);
      assertThat(packed.outbox.size()).as(description).isEqualTo(general.outbox.size());
    }
    assertThat(packed.forms()).as(description).isEqualTo(general.forms());
    packed.outbox.end(new MessageException(ErrorCode.UNAVAILABLE, "end"));
    general.outbox.end(new MessageException(ErrorCode.UNAVAILABLE, "end"));
    assertThat(packed.writtenMessages()).as(description).isEqualTo(general.writtenMessages());
    assertThat(packed.outcomes()).as(description).isEqualTo(general.outcomes());
    assertThat(packed.replicated).as(description).isEqualTo(general.replicated);
    for (Side side : List.of(packed, general)) {
      assertThat(side.metrics.pending().sum()).as(description).isZero();
      assertThat(side.metrics.pendingBytes().sum()).as(description).isZero();
      assertThat(side.budget.charged(MemoryUse.OUTBOX)).as(description).isZero();
    }
  }

  @Test
  void theChannelOfAnAnswerIsKept() {
    Side side = new Side(true, Outbox.Mode.ACKNOWLEDGEMENTS);
    int[] channels = {0, 1, 255, 256};
    for (int i = 0; i < 60; i++) {
      side.offer(Message.newBuilder().setEventId("e" + i).build(), channels[i % channels.length]);
    }
    side.detach(false);
    side.attach(Outbox.Mode.ACKNOWLEDGEMENTS);
    for (int i = 0; i < 120; i++) {
      assertThat(side.written.get(i).channel()).isEqualTo(channels[i % channels.length]);
    }
  }

  @Test
  void manyPendingMessagesAreChargedByTheirBytes() {
    Side side = new Side(true, Outbox.Mode.ACKNOWLEDGEMENTS);
    Message message = Message.newBuilder().setEventId("e").setBody("x".repeat(60)).build();
    for (int i = 0; i < MAX_PENDING; i++) {
      assertThat(side.offer(message, 0)).isTrue();
    }
    long each = side.budget.charged(MemoryUse.OUTBOX) / MAX_PENDING;
    assertThat(each).isLessThan((MessageCost.of(message) + DeliveryQueue.DELIVERY) / 2);
  }
}
