package io.linkspan.session.replica;

import io.linkspan.time.Scheduler;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;

/** Metrics of the replicas of a node's shards on other nodes. Shared by all event loops. */
public final class ReplicationMetrics {

  private static final double MILLIS = 1_000;

  private final List<ReplicationLag> shards = new CopyOnWriteArrayList<>();

  /** Creates the metrics and registers them. */
  public ReplicationMetrics(MeterRegistry registry) {
    gauge(
        registry,
        "linkspan.replication.lag.changes",
        "Changes of sessions that no other node has confirmed",
        all -> all.shards.stream().mapToLong(ReplicationLag::changes).sum());
    gauge(
        registry,
        "linkspan.replication.lag.bytes",
        "Bytes of changes of sessions that no other node has confirmed",
        all -> all.shards.stream().mapToLong(ReplicationLag::bytes).sum());
    gauge(
        registry,
        "linkspan.replication.lag.seconds",
        "Age of the oldest change of a session that no other node has confirmed",
        all -> all.oldest(Scheduler.systemTime()) / MILLIS);
  }

  /** Returns the lag of one more shard. */
  public ReplicationLag newLag() {
    var lag = new ReplicationLag();
    shards.add(lag);
    return lag;
  }

  private long oldest(long now) {
    return shards.stream().mapToLong(shard -> shard.age(now)).max().orElse(0);
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String what,
      ToDoubleFunction<ReplicationMetrics> value) {
    Gauge.builder(name, this, value).description(what).register(registry);
  }
}
