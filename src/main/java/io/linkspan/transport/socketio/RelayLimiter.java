package io.linkspan.transport.socketio;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The places of a node in which requests wait for an answer of another node, and how they were
 * left. Shared by all event loops.
 */
public final class RelayLimiter {

  /** How a request ended that was for another node. */
  enum Outcome {
    /** As the owner of its session said. */
    ANSWERED,
    /** The owner ended its connection without an answer. */
    CUT,
    /** Its client did not wait. */
    ABORTED,
    /** Its owner, or the rest of its body, did not come in time. */
    TIMED_OUT,
    /** There was no place. */
    REFUSED,
    /** Its owner was there no more. */
    OWNER_GONE
  }

  private final int places;
  private final AtomicInteger taken = new AtomicInteger();
  private final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);

  /**
   * @param places how many there are; 0 is no limit
   */
  public RelayLimiter(int places, MeterRegistry registry) {
    this.places = places;
    Gauge.builder("linkspan.socketio.relays", taken, AtomicInteger::get)
        .description("Requests that wait here for an answer of another node")
        .register(registry);
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(
          outcome,
          Counter.builder("linkspan.socketio.relayed")
              .description("Requests that were for another node, by how they ended")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT).replace('_', '-'))
              .register(registry));
    }
  }

  /** Takes a place; false when there is none, and the request is refused. */
  boolean take() {
    if (taken.incrementAndGet() > places && places > 0) {
      leave(Outcome.REFUSED);
      return false;
    }
    return true;
  }

  /** Leaves the place. */
  void leave(Outcome outcome) {
    taken.decrementAndGet();
    outcomes.get(outcome).increment();
  }
}
