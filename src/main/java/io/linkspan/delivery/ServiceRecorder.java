package io.linkspan.delivery;

import io.linkspan.api.ErrorCode;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;

/** Counts the requests of one event loop to one service. Used only on that loop. */
public final class ServiceRecorder {

  private final LatencyHistogram replies;
  private final Counter answered;
  private final Counter acknowledged;
  private final Counter unserved;
  private final Map<ErrorCode, Counter> failed = new EnumMap<>(ErrorCode.class);

  ServiceRecorder(MeterRegistry registry, Latencies latencies, String name) {
    replies = latencies.add(Latency.SERVICE_REPLY, name);
    answered = requests(registry, name, "answered");
    acknowledged = requests(registry, name, "acknowledged");
    for (ErrorCode code : ErrorCode.values()) {
      failed.put(code, requests(registry, name, code.code()));
    }
    unserved =
        Counter.builder("linkspan.service.unserved")
            .description("Requests to a service that no process serves")
            .tag("service", name)
            .register(registry);
  }

  /** Counts a request that the service accepted, with an answer or without, after so many ns. */
  public void accepted(boolean hasAnswer, long nanos) {
    (hasAnswer ? answered : acknowledged).increment();
    replies.record(nanos);
  }

  /** Counts a request that has failed. */
  public void failed(ErrorCode code) {
    failed.get(code).increment();
  }

  /** Counts a request that nobody has received; its outcome is counted as well. */
  void unserved() {
    unserved.increment();
  }

  private static Counter requests(MeterRegistry registry, String name, String outcome) {
    return Counter.builder("linkspan.service.requests")
        .description("Requests to services, by outcome")
        .tag("service", name)
        .tag("outcome", outcome)
        .register(registry);
  }
}
