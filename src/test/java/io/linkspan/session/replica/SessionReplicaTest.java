package io.linkspan.session.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.connection.Outgoing;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.metrics.Latencies;
import io.linkspan.session.outbox.AckTimeouts;
import io.linkspan.session.outbox.DeliveryLatency;
import io.linkspan.session.outbox.Outbox;
import io.linkspan.session.outbox.OutboxMetrics;
import io.linkspan.session.outbox.OutboxParts;
import io.linkspan.session.outbox.SlowMetrics;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.trace.Timeline;
import io.linkspan.wire.Change;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** The outbox of a session, its replica, and the store of the shard that keeps it. */
class SessionReplicaTest {

  private static final String OWNER = ShardAddress.of("a", 0);
  private static final String HOLDER = ShardAddress.of("b", 0);

  private final VirtualTime time = new VirtualTime();
  private final SimulatedBus bus = new SimulatedBus(time, 1);
  private final MemoryAccount memory = TestMemory.budget().newAccount();
  private final ReplicaStore store = new ReplicaStore(memory);
  private final List<Change> changes = new ArrayList<>();
  private final Replicator replicator =
      new Replicator(
          bus.from(OWNER),
          time,
          new SimulatedNodes(6_000, "a", "b"),
          OWNER,
          true,
          memory,
          new ReplicationLag(),
          new Replicator.Host() {
            @Override
            public Iterable<SessionState> resumableSessions() {
              return List.of();
            }

            @Override
            public Future<Boolean> adopt(SessionState state, String owner) {
              return Future.failedFuture("not in this test");
            }

            @Override
            public Future<Boolean> membership() {
              return Future.succeededFuture(true);
            }
          });
  private final SessionReplica replica = SessionReplica.of(replicator, "s");
  private final Outbox outbox =
      new Outbox(
          new OutboxParts(
              new OutboxParts.Limits(100, 10_000, 3, 100, 10_000),
              new AckTimeouts(time, 1_000),
              new OutboxMetrics(
                  new LongAdder(),
                  new LongAdder(),
                  Counter.builder("redelivered").register(new SimpleMeterRegistry()),
                  Counter.builder("abandoned").register(new SimpleMeterRegistry()),
                  new SlowMetrics(new SimpleMeterRegistry()),
                  DeliveryLatency.of(new Latencies())),
              memory,
              Timeline.OFF),
          "s",
          null,
          Outbox.Mode.ACKNOWLEDGEMENTS,
          true,
          replica);

  SessionReplicaTest() {
    bus.answer(
        HOLDER,
        call -> {
          changes.addAll(call.getCopy().getChangesList());
          store.apply(call.getCopy());
          return SimulatedBus.reply(true);
        });
    replicator.follow();
    time.advance(100);
  }

  private static Outgoing message(String eventId) {
    return new Outgoing(Message.newBuilder().setEventId(eventId).build());
  }

  private SessionState describe() {
    SessionState.Builder state = SessionState.newBuilder().setSession("s");
    outbox.forEach(delivery -> state.addPending(delivery.toReplica()));
    return state.build();
  }

  private SessionState taken() {
    time.advance(1_000);
    return store.take(OWNER, "s");
  }

  private static List<String> eventIds(SessionState state) {
    return state.getPendingList().stream().map(one -> one.getMessage().getEventId()).toList();
  }

  @Test
  void nothingIsRecordedBeforeTheSessionIsPutNorAfterItIsDropped() {
    replica.joined("early");
    outbox.offer(message("early"), null, time.now());
    replica.put(() -> SessionState.newBuilder().setSession("s").build());
    replica.joined("g");
    replica.drop();
    replica.joined("late");
    replica.drop();
    time.advance(1_000);
    assertThat(changes)
        .extracting(Change::getWhatCase)
        .containsExactly(Change.WhatCase.PUT, Change.WhatCase.JOINED, Change.WhatCase.DROPPED);
    assertThat(store.size()).isZero();
  }

  @Test
  void whatHappensToASessionHappensToItsReplica() {
    replica.put(this::describe);
    outbox.offer(message("a"), null, time.now());
    outbox.offer(message("b"), null, time.now());
    outbox.acknowledged("a", null);
    replica.joined("g");
    replica.joined("h");
    replica.left("g");
    replica.anchored("offset");
    replica.away();
    SessionState state = taken();
    assertThat(eventIds(state)).containsExactly("b");
    assertThat(state.getGroupsList()).containsExactly("h");
    assertThat(state.getAnchor()).isEqualTo("offset");
    assertThat(state.getAway()).isTrue();
  }

  /** The former owner's numbers may be the same as those that the outbox counts from one. */
  @Test
  void theDeliveriesOfARestoredSessionHaveNumbersOfTheirOwnInTheReplica() {
    SessionState.Builder before = SessionState.newBuilder().setSession("s");
    for (long number : new long[] {2, 3, 9}) {
      before.addPending(
          Pending.newBuilder().setNumber(number).setMessage(message("old" + number).message()));
    }
    before.getPendingList().forEach(pending -> outbox.restore(pending, null));
    replica.put(this::describe);
    outbox.offer(message("new1"), null, time.now());
    outbox.offer(message("new2"), null, time.now());
    outbox.acknowledged("old3", null);
    outbox.acknowledged("new1", null);
    SessionState state = taken();
    assertThat(eventIds(state)).containsExactly("old2", "old9", "new2");
    assertThat(state.getPendingList().stream().map(Pending::getNumber)).doesNotHaveDuplicates();
  }

  @Test
  void aSessionThatEndsWithItsLinkHasNoReplica() {
    SessionReplica none = SessionReplica.none();
    none.put(
        () -> {
          throw new AssertionError("nobody asks for its state");
        });
    none.joined("g");
    none.away();
    none.drop();
    time.advance(1_000);
    assertThat(changes).isEmpty();
  }
}
