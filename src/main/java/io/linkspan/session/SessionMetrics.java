package io.linkspan.session;

import io.linkspan.api.Revocation.Kind;
import io.linkspan.delivery.ServiceMetrics;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencyHistogram;
import io.linkspan.presence.PresenceMetrics;
import io.linkspan.session.outbox.DeliveryLatency;
import io.linkspan.session.outbox.OutboxMetrics;
import io.linkspan.session.outbox.SlowMetrics;
import io.linkspan.session.replica.ReplicationMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counters of all shards of a node. Shared by all event loops. */
public final class SessionMetrics {

  final LongAdder sessions = new LongAdder();
  final AtomicInteger away = new AtomicInteger();
  final LongAdder pending = new LongAdder();
  final LongAdder pendingBytes = new LongAdder();
  final LongAdder waiting = new LongAdder();
  final LongAdder inFlight = new LongAdder();
  final Counter redelivered;
  final Counter abandoned;
  final Counter unanswerable;
  final Counter duplicates;
  final Counter resumed;
  final Counter expired;
  final Counter shed;
  private final Latencies latencies;
  private final ServiceMetrics services;
  private final ReplicationMetrics replication;
  private final SlowMetrics slow;
  private final PresenceMetrics presence;
  private final Map<TransferStep, Counter> transfers = new EnumMap<>(TransferStep.class);
  private final Map<Kind, Counter> revoked = new EnumMap<>(Kind.class);

  /** Creates the counters and registers them. */
  public SessionMetrics(MeterRegistry registry, Latencies latencies) {
    this.latencies = latencies;
    services = new ServiceMetrics(registry, latencies);
    replication = new ReplicationMetrics(registry);
    slow = new SlowMetrics(registry);
    presence = new PresenceMetrics(registry);
    for (TransferStep step : TransferStep.values()) {
      transfers.put(
          step,
          Counter.builder("linkspan.transfers")
              .description("Sessions that moved between shards")
              .tag("step", step.label())
              .register(registry));
    }
    gauge(registry, "linkspan.sessions", "Sessions, with a link or without", sessions);
    Gauge.builder("linkspan.sessions.away", away, AtomicInteger::get)
        .description("Sessions that wait for their client to reconnect")
        .register(registry);
    gauge(registry, "linkspan.pending", "Messages sent to clients and not acknowledged", pending);
    gauge(
        registry,
        "linkspan.pending.bytes",
        "Bytes of messages sent to clients and not acknowledged",
        pendingBytes);
    gauge(
        registry, "linkspan.waiting", "Messages from clients over their in-flight limit", waiting);
    gauge(registry, "linkspan.in.flight", "Messages from clients without an outcome", inFlight);
    redelivered =
        Counter.builder("linkspan.redelivered")
            .description("Messages sent again because no acknowledgement came in time")
            .register(registry);
    abandoned =
        Counter.builder("linkspan.abandoned")
            .description("Messages for clients that failed after delivery.maxAttempts")
            .register(registry);
    unanswerable =
        Counter.builder("linkspan.answers.dropped")
            .description("Answers of services that their client or its link had no room for")
            .register(registry);
    duplicates =
        Counter.builder("linkspan.duplicates")
            .description("Messages that clients sent again and that were not passed on")
            .register(registry);
    resumed =
        Counter.builder("linkspan.resumed")
            .description("Sessions that their client resumed")
            .register(registry);
    expired =
        Counter.builder("linkspan.expired")
            .description("Sessions whose client did not reconnect in time")
            .register(registry);
    shed =
        Counter.builder("linkspan.memory.shed")
            .description("Sessions that ended because they held most while memory was short")
            .register(registry);
    for (Kind kind : Kind.values()) {
      revoked.put(
          kind,
          Counter.builder("linkspan.revocation.ended")
              .description("Sessions that ended, with their links, because of a revocation")
              .tag("kind", kind.label())
              .register(registry));
    }
  }

  /** Counts a session that ended because of a revocation. */
  void revoked(Kind kind) {
    revoked.get(kind).increment();
  }

  /** Counts a session that comes or leaves. */
  void transferred(TransferStep step) {
    transfers.get(step).increment();
  }

  /** Returns the metrics of replicas. */
  ReplicationMetrics replication() {
    return replication;
  }

  /** Returns the counters of the presence of groups. */
  PresenceMetrics presence() {
    return presence;
  }

  /** Returns the counters of outboxes, for one event loop. */
  OutboxMetrics outbox() {
    return new OutboxMetrics(
        pending, pendingBytes, redelivered, abandoned, slow, DeliveryLatency.of(latencies));
  }

  /** Returns a histogram of the hand-over of Messages, for one event loop. */
  LatencyHistogram handOver() {
    return latencies.add(Latency.HAND_OVER);
  }

  /** Returns the metrics of services. */
  public ServiceMetrics services() {
    return services;
  }

  /** Returns the number of sessions of this node. */
  public long sessions() {
    return sessions.sum();
  }

  private static void gauge(MeterRegistry registry, String name, String what, LongAdder value) {
    Gauge.builder(name, value, LongAdder::sum).description(what).register(registry);
  }
}
