package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Metrics of one upstream. Written on its event loop, read on any thread. */
public final class UpstreamMetrics {

  private final Counter answered;
  private final Counter acknowledged;
  private final Map<ErrorCode, Counter> refused = new EnumMap<>(ErrorCode.class);
  private final Counter retries;
  private final Counter opened;
  private final LatencyHistogram attempts;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicReference<CircuitBreaker.State> breaker =
      new AtomicReference<>(CircuitBreaker.State.CLOSED);

  /**
   * Creates the metrics of an upstream and registers them.
   *
   * @param upstream value of the label {@code upstream}
   */
  public UpstreamMetrics(MeterRegistry registry, Latencies latencies, String upstream) {
    Tags tags = Tags.of("upstream", upstream);
    answered = requests(registry, tags, "answered");
    acknowledged = requests(registry, tags, "acknowledged");
    for (ErrorCode code : ErrorCode.values()) {
      refused.put(code, requests(registry, tags, code.code()));
    }
    retries =
        Counter.builder("linkspan.upstream.retries")
            .description("Attempts that were not the first of their message")
            .tags(tags)
            .register(registry);
    opened =
        Counter.builder("linkspan.upstream.breaker.opened")
            .description("Times that the circuit breaker opened")
            .tags(tags)
            .register(registry);
    attempts = latencies.add(Latency.UPSTREAM_ATTEMPT, upstream);
    gauge(registry, tags, "linkspan.upstream.in.flight", "Attempts that have not ended", inFlight);
    gauge(registry, tags, "linkspan.upstream.queued", "Messages that wait to be sent", queued);
    gauge(
        registry,
        tags,
        "linkspan.upstream.held",
        "Messages that are held while the service is unavailable",
        held);
    for (CircuitBreaker.State state : CircuitBreaker.State.values()) {
      Gauge.builder("linkspan.upstream.breaker", breaker, b -> b.get() == state ? 1 : 0)
          .description("1 for the current state of the circuit breaker")
          .tags(tags)
          .tag("state", state.label())
          .register(registry);
    }
  }

  /**
   * Counts a Message that the service accepted.
   *
   * @param answer null when there is none
   */
  void accepted(Message answer) {
    (answer == null ? acknowledged : answered).increment();
  }

  void refused(ErrorCode code) {
    refused.get(code).increment();
  }

  /** Counts an attempt that has ended, which took so many nanoseconds. */
  void attempted(long nanos) {
    attempts.record(nanos);
  }

  /** Updates the gauges and counters; called after each change of the pipeline. */
  void observe(Pipeline<?> pipeline) {
    inFlight.lazySet(pipeline.inFlight());
    queued.lazySet(pipeline.holding() ? 0 : pipeline.waiting());
    held.lazySet(pipeline.holding() ? pipeline.waiting() : 0);
    retries.increment(pipeline.retries() - retries.count());
    opened.increment(pipeline.opened() - opened.count());
    breaker.lazySet(pipeline.breaker());
  }

  private static Counter requests(MeterRegistry registry, Tags tags, String outcome) {
    return Counter.builder("linkspan.upstream.requests")
        .description("Messages for the service, by outcome")
        .tags(tags)
        .tag("outcome", outcome)
        .register(registry);
  }

  private static void gauge(
      MeterRegistry registry, Tags tags, String name, String description, AtomicInteger value) {
    Gauge.builder(name, value, AtomicInteger::get)
        .description(description)
        .tags(tags)
        .register(registry);
  }
}
