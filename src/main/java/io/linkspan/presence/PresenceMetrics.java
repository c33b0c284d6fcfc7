package io.linkspan.presence;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** Counts watches of groups and what they cost. Shared by all event loops. */
public final class PresenceMetrics {

  final LongAdder watches = new LongAdder();
  final Counter messages;
  final Counter updates;
  final Counter resyncs;

  /** Registers the meters. */
  public PresenceMetrics(MeterRegistry registry) {
    Gauge.builder("linkspan.presence.watches", watches, LongAdder::sum)
        .description("Groups whose presence connected clients watch, for each client")
        .register(registry);
    messages = counter(registry, "messages", "Messages with presence to clients");
    updates = counter(registry, "updates", "Updates of presence that other shards received");
    resyncs =
        counter(registry, "resyncs", "Updates that failed, after which all users are sent again");
  }

  private static Counter counter(MeterRegistry registry, String name, String description) {
    return Counter.builder("linkspan.presence." + name).description(description).register(registry);
  }
}
