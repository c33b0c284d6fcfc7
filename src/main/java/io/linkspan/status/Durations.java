package io.linkspan.status;

import io.linkspan.metrics.LatencySnapshot;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Durations of the last minute, by name, from histograms that count since the start. Pure. */
final class Durations {

  /** Readings in a minute, one every two seconds. */
  static final int READINGS = 30;

  private static final double MS_PER_SECOND = 1_000;

  private final Map<String, Deque<LatencySnapshot>> readings = new HashMap<>();

  /**
   * Adds a reading of one histogram, and puts the number of its latest durations and their
   * percentiles into an object; those are left out when there are none.
   */
  void putInto(JsonObject result, String name, LatencySnapshot all) {
    Deque<LatencySnapshot> earlier = readings.computeIfAbsent(name, key -> new ArrayDeque<>());
    LatencySnapshot before = earlier.isEmpty() ? LatencySnapshot.NONE : earlier.peek();
    earlier.add(all);
    if (earlier.size() > READINGS) {
      earlier.remove();
    }
    LatencySnapshot latest = all.minus(before);
    result.put("count", latest.count());
    if (latest.count() > 0) {
      result.put("p50Ms", milliseconds(latest, 0.5)).put("p99Ms", milliseconds(latest, 0.99));
    }
  }

  private static double milliseconds(LatencySnapshot durations, double share) {
    return Math.round(durations.quantile(share) * MS_PER_SECOND * 100) / 100.0;
  }
}
