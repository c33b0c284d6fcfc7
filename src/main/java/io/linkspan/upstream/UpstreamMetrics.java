package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.stream.AnswerStream;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Metrics of one upstream. While it is replaced, the verticles of both generations have a share in
 * them. Written on their event loops, read on any thread.
 */
public final class UpstreamMetrics {

  private final MeterRegistry registry;
  private final Latencies latencies;
  private final List<Meter> meters = new ArrayList<>();
  private final Counter answered;
  private final Counter acknowledged;
  private final Map<ErrorCode, Counter> refused = new EnumMap<>(ErrorCode.class);
  private final Counter retries;
  private final Counter opened;
  private final LatencyHistogram attempts;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicInteger streams = new AtomicInteger();
  private final Counter parts;
  private final Map<AnswerStream.End, Counter> ends = new EnumMap<>(AnswerStream.End.class);
  private final AtomicReference<CircuitBreaker.State> breaker =
      new AtomicReference<>(CircuitBreaker.State.CLOSED);

  /** The share whose circuit breaker is shown. */
  private volatile Share newest;

  /**
   * Creates the metrics of an upstream and registers them.
   *
   * @param upstream value of the label {@code upstream}
   */
  public UpstreamMetrics(MeterRegistry registry, Latencies latencies, String upstream) {
    this.registry = registry;
    this.latencies = latencies;
    Tags tags = Tags.of("upstream", upstream);
    answered = requests(tags, "answered");
    acknowledged = requests(tags, "acknowledged");
    for (ErrorCode code : ErrorCode.values()) {
      refused.put(code, requests(tags, code.code()));
    }
    retries =
        add(
            Counter.builder("linkspan.upstream.retries")
                .description("Attempts that were not the first of their message")
                .tags(tags)
                .register(registry));
    opened =
        add(
            Counter.builder("linkspan.upstream.breaker.opened")
                .description("Times that the circuit breaker opened")
                .tags(tags)
                .register(registry));
    attempts = latencies.add(Latency.UPSTREAM_ATTEMPT, upstream);
    gauge(tags, "linkspan.upstream.in.flight", "Attempts that have not ended", inFlight);
    gauge(tags, "linkspan.upstream.queued", "Messages that wait to be sent", queued);
    gauge(
        tags,
        "linkspan.upstream.held",
        "Messages that are held while the service is unavailable",
        held);
    gauge(tags, "linkspan.upstream.streams", "Answers that are being streamed", streams);
    parts =
        add(
            Counter.builder("linkspan.upstream.stream.parts")
                .description("Parts of streamed answers")
                .tags(tags)
                .register(registry));
    for (AnswerStream.End end : AnswerStream.End.values()) {
      ends.put(
          end,
          add(
              Counter.builder("linkspan.upstream.stream.ends")
                  .description("Streamed answers that have ended, by how they did")
                  .tags(tags)
                  .tag("outcome", end.label())
                  .register(registry)));
    }
    for (CircuitBreaker.State state : CircuitBreaker.State.values()) {
      add(
          Gauge.builder("linkspan.upstream.breaker", breaker, b -> b.get() == state ? 1 : 0)
              .description("1 for the current state of the circuit breaker")
              .tags(tags)
              .tag("state", state.label())
              .register(registry));
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
    attempts.recordShared(nanos);
  }

  /** Counts an answer that begins to be streamed. */
  void streamBegan() {
    streams.incrementAndGet();
  }

  /** Counts a part of a streamed answer. */
  void streamedPart() {
    parts.increment();
  }

  /** Counts a streamed answer that has ended. */
  void streamEnded(AnswerStream.End how) {
    streams.decrementAndGet();
    ends.get(how).increment();
  }

  /** Removes the metrics, because the upstream is not configured any more. */
  void remove() {
    meters.forEach(registry::remove);
    latencies.remove(attempts);
  }

  /** The part of one verticle in gauges and counters. Used on its event loop. */
  final class Share {

    private int inFlight;
    private int queued;
    private int held;
    private long retries;
    private long opened;

    /** Shows the circuit breaker of this verticle from now on, and not that of an earlier one. */
    void begin() {
      newest = this;
      breaker.lazySet(CircuitBreaker.State.CLOSED);
    }

    /** Updates the gauges and counters; called after each change of the pipeline. */
    void observe(Pipeline<?> pipeline) {
      int waiting = pipeline.waiting();
      inFlight = move(UpstreamMetrics.this.inFlight, inFlight, pipeline.inFlight());
      queued = move(UpstreamMetrics.this.queued, queued, pipeline.holding() ? 0 : waiting);
      held = move(UpstreamMetrics.this.held, held, pipeline.holding() ? waiting : 0);
      UpstreamMetrics.this.retries.increment((double) pipeline.retries() - retries);
      retries = pipeline.retries();
      UpstreamMetrics.this.opened.increment((double) pipeline.opened() - opened);
      opened = pipeline.opened();
      if (newest == this) {
        breaker.lazySet(pipeline.breaker());
      }
    }

    private static int move(AtomicInteger gauge, int from, int to) {
      if (from != to) {
        gauge.addAndGet(to - from);
      }
      return to;
    }
  }

  private Counter requests(Tags tags, String outcome) {
    return add(
        Counter.builder("linkspan.upstream.requests")
            .description("Messages for the service, by outcome")
            .tags(tags)
            .tag("outcome", outcome)
            .register(registry));
  }

  private void gauge(Tags tags, String name, String description, AtomicInteger value) {
    add(
        Gauge.builder(name, value, AtomicInteger::get)
            .description(description)
            .tags(tags)
            .register(registry));
  }

  private <M extends Meter> M add(M meter) {
    meters.add(meter);
    return meter;
  }
}
