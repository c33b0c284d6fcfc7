package io.linkspan.telemetry.otel;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** Metrics of the traces of a node. Shared by all threads. */
final class TracingMetrics {

  private static final String DROPPED = "linkspan.tracing.dropped";

  final Counter exported;

  /** Not recorded: too many spans have not ended. */
  final Counter tooManyOpen;

  /** Ended, and not kept: too many spans wait for the exporter. */
  final Counter queueFull;

  /** Sent to the collector, which did not accept them. */
  final Counter notAccepted;

  /** Traces that clients asked for beyond the rate. */
  final Counter refused;

  private final MeterRegistry registry;

  TracingMetrics(MeterRegistry registry) {
    this.registry = registry;
    exported =
        Counter.builder("linkspan.tracing.exported")
            .description("Spans that the collector has accepted")
            .register(registry);
    tooManyOpen = dropped("open");
    queueFull = dropped("queue");
    notAccepted = dropped("export");
    refused =
        Counter.builder("linkspan.tracing.refused")
            .description("Traces of clients that were not continued")
            .register(registry);
  }

  private Counter dropped(String reason) {
    return Counter.builder(DROPPED)
        .description("Spans that the collector does not receive")
        .tag("reason", reason)
        .register(registry);
  }

  /** Shows how many spans have not ended. */
  void observeOpen(Supplier<Number> open) {
    Gauge.builder("linkspan.tracing.open", open)
        .description("Spans that have not ended")
        .register(registry);
  }
}
