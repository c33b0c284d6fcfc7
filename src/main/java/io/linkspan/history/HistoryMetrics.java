package io.linkspan.history;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counts Messages of the history of groups and parts of streamed answers, and recoveries of
 * clients. Shared by all loops.
 */
public final class HistoryMetrics {

  final Counter kept;
  final Counter refused;
  final Counter dropped;
  final Counter expired;
  final Counter recovered;
  final Counter complete;
  final Counter incomplete;

  /** Registers the counters. */
  public HistoryMetrics(MeterRegistry registry) {
    kept = messages(registry, "kept");
    refused = messages(registry, "refused");
    dropped = messages(registry, "dropped");
    expired = messages(registry, "expired");
    recovered = messages(registry, "recovered");
    complete = recoveries(registry, "complete");
    incomplete = recoveries(registry, "incomplete");
  }

  private static Counter messages(MeterRegistry registry, String event) {
    return Counter.builder("linkspan.history.messages")
        .description("Messages of the history of groups")
        .tag("event", event)
        .register(registry);
  }

  private static Counter recoveries(MeterRegistry registry, String outcome) {
    return Counter.builder("linkspan.history.recoveries")
        .description("Recoveries of what clients have missed of a group")
        .tag("outcome", outcome)
        .register(registry);
  }
}
