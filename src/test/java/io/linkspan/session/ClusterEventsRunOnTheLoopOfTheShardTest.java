package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.Nodes;
import io.linkspan.history.GroupHistories;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.metrics.Latencies;
import io.linkspan.presence.PresenceConfig;
import io.linkspan.routing.RoutingTable;
import io.linkspan.telemetry.Tracing;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestMemory;
import io.linkspan.time.VertxScheduler;
import io.linkspan.trace.TraceConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Hazelcast reports changes of the cluster on a thread of its own. The state of a shard belongs to
 * its event loop.
 */
class ClusterEventsRunOnTheLoopOfTheShardTest {

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));

  @AfterEach
  void close() {
    TestGateway.await(vertx.close());
  }

  @Test
  void eachEventRunsOnTheLoopOnWhichTheShardWasCreated() {
    var nodes = new RecordingNodes();
    Context loop = ((VertxInternal) vertx).createEventLoopContext();
    Promise<Thread> created = Promise.promise();
    loop.runOnContext(
        v -> {
          new Shard(vertx, 0, services(nodes));
          created.complete(Thread.currentThread());
        });
    Thread thread = TestGateway.await(created.future());
    nodes.readers.clear();

    nodes.listeners.forEach(listener -> listener.joined(nodes.other));
    nodes.listeners.forEach(listener -> listener.left(nodes.other));
    nodes.listeners.forEach(Nodes.Listener::merged);
    // Vert.x gives this thread a context on another loop, which it would use for the events too.
    Promise<Void> idle = Promise.promise();
    vertx.runOnContext(v -> idle.complete());
    TestGateway.await(idle.future());
    Promise<Void> handled = Promise.promise();
    loop.runOnContext(v -> handled.complete());
    TestGateway.await(handled.future());

    assertThat(nodes.readers).isNotEmpty().allMatch(reader -> reader == thread);
  }

  @Test
  void timersCannotBeSetFromAnotherThread() {
    var scheduler = new VertxScheduler(vertx);

    assertThatThrownBy(() -> scheduler.defer(() -> {})).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> scheduler.schedule(1, () -> {}))
        .isInstanceOf(IllegalStateException.class);
  }

  private static NodeServices services(Nodes nodes) {
    var session =
        new SessionConfig(
            Duration.ofMinutes(2),
            1_000,
            1 << 20,
            100,
            1 << 18,
            100,
            0,
            SessionConfig.OnExcess.REPLACE,
            0,
            Duration.ZERO,
            20,
            1);
    var delivery =
        new DeliveryConfig(
            Duration.ofSeconds(30), Duration.ofSeconds(2), 30, 1_000, Duration.ofMinutes(2), 100);
    LimitsConfig limits = SimulatedShard.limits(0, 64, 1_000, 1 << 20);
    MemoryBudget memory = TestMemory.budget();
    return new NodeServices(
        nodes.self().id(),
        session,
        delivery,
        () -> limits,
        new RoutingTable(List.of()),
        new LocalSessionDirectory(),
        nodes,
        new DuplicateFilter(delivery, new SharedMemoryAccount(memory)),
        memory,
        new SessionMetrics(new SimpleMeterRegistry(), new Latencies()),
        IdentityServices.CLAIMED,
        TraceConfig.OFF,
        Tracing.OFF,
        Mailboxes.OFF,
        new PresenceConfig(0, 1),
        GroupHistories.OFF);
  }

  /** Records the threads that ask for the members. */
  private static final class RecordingNodes implements Nodes {
    final Node self = new Node("self", 1);
    final Node other = new Node("other", 1);
    final List<Listener> listeners = new ArrayList<>();
    final Queue<Thread> readers = new ConcurrentLinkedQueue<>();

    @Override
    public Node self() {
      return self;
    }

    @Override
    public List<Node> all() {
      readers.add(Thread.currentThread());
      return List.of(self);
    }

    @Override
    public long givenUpAfter() {
      return Long.MAX_VALUE;
    }

    @Override
    public void watch(Listener listener) {
      listeners.add(listener);
    }
  }
}
