package io.linkspan.transport.engineio.relay;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Limits how many requests of a node wait for an answer of another node, and counts their outcomes.
 * Shared by all event loops.
 */
public final class RelayLimiter {

  /** How a relayed request ended. */
  enum Outcome {
    /** The owner of its session answered. */
    ANSWERED,
    /** The owner closed the connection without an answer. */
    CUT,
    /** The client gave up. */
    ABORTED,
    /** The owner did not answer in time, or the body did not end in time. */
    TIMED_OUT,
    /** Too many requests were waiting. */
    REFUSED,
    /** The owner had left the cluster. */
    OWNER_GONE
  }

  private final int limit;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);

  /**
   * @param limit requests that may wait at once; 0 is no limit
   */
  public RelayLimiter(int limit, MeterRegistry registry) {
    this.limit = limit;
    Gauge.builder("linkspan.socketio.relays", waiting, AtomicInteger::get)
        .description("Requests that wait on this node for an answer of another node")
        .register(registry);
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(
          outcome,
          Counter.builder("linkspan.socketio.relayed")
              .description("Requests relayed to another node, by outcome")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT).replace('_', '-'))
              .register(registry));
    }
  }

  /** Admits a request; false when too many are waiting, and the request must be refused. */
  boolean enter() {
    if (waiting.incrementAndGet() > limit && limit > 0) {
      leave(Outcome.REFUSED);
      return false;
    }
    return true;
  }

  /** Ends a request that was admitted. */
  void leave(Outcome outcome) {
    waiting.decrementAndGet();
    outcomes.get(outcome).increment();
  }
}
