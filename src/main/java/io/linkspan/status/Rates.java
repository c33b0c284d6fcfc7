package io.linkspan.status;

import java.util.HashMap;
import java.util.Map;

/** Turns totals that only grow into rates between two readings. Pure. */
final class Rates {

  private static final double MS_PER_SECOND = 1_000;

  private Map<String, Double> before = Map.of();
  private Map<String, Double> current = new HashMap<>();
  private long readAt;
  private double seconds;

  /**
   * Begins a reading.
   *
   * @param now milliseconds of a monotonic clock
   */
  void begin(long now) {
    seconds = (now - readAt) / MS_PER_SECOND;
    readAt = now;
    before = current;
    current = new HashMap<>();
  }

  /** Returns how much a total has grown since the reading before; 0 in the first one. */
  double growth(String name, double total) {
    current.put(name, total);
    return Math.max(0, total - before.getOrDefault(name, total));
  }

  /** Returns by how much a total grows in a second; 0 in the first reading. */
  double perSecond(String name, double total) {
    double growth = growth(name, total);
    return seconds > 0 ? Math.round(growth / seconds * 10) / 10.0 : 0;
  }
}
