package io.linkspan.revocation;

import io.linkspan.api.Revocation.Kind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;

/** Metrics of the revocations of a node. Shared by all event loops. */
public final class RevocationMetrics {

  private static final String KIND = "kind";

  private final MeterRegistry registry;
  private final Map<Kind, Counter> refused = new EnumMap<>(Kind.class);

  public RevocationMetrics(MeterRegistry registry) {
    this.registry = registry;
    for (Kind kind : Kind.values()) {
      refused.put(
          kind,
          Counter.builder("linkspan.revocation.refused")
              .description("Connects and renewals that were refused because of a revocation")
              .tag(KIND, kind.label())
              .register(registry));
    }
  }

  /** Adds the number of entries. */
  void register(RevocationList list) {
    for (Kind kind : Kind.values()) {
      Gauge.builder("linkspan.revocation.entries", list, entries -> entries.size(kind))
          .description("Entries that refuse clients")
          .tag(KIND, kind.label())
          .register(registry);
    }
  }

  /** Counts a client that was refused at connect, or when it renewed its identity. */
  void refused(Kind kind) {
    refused.get(kind).increment();
  }
}
