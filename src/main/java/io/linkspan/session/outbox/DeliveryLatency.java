package io.linkspan.session.outbox;

import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencyHistogram;

/**
 * Histograms of the time until clients acknowledge, of one event loop. What waited for a client
 * that was away shows how long it was away, so it is counted apart.
 *
 * @param linked Messages whose client was linked all the time
 * @param away the other ones
 */
public record DeliveryLatency(LatencyHistogram linked, LatencyHistogram away) {

  /** Returns new histograms. */
  public static DeliveryLatency of(Latencies latencies) {
    return new DeliveryLatency(
        latencies.add(Latency.DELIVERY, "linked"), latencies.add(Latency.DELIVERY, "away"));
  }

  /** Counts a delivery that the client has acknowledged; {@code now} is in nanoseconds. */
  void acknowledged(PendingDelivery delivery, long now) {
    (delivery.waited ? away : linked).record(now - delivery.since);
  }
}
