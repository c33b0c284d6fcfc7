package io.linkspan.storm;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/** Reads the gauges of a gateway that a storm concerns, from its metrics. */
public final class StormGauges {

  /** Names in the figures of a storm, by those in the metrics. */
  private static final Map<String, String> NAMES =
      Map.of(
          "linkspan_sessions", "sessions",
          "linkspan_pending_links", "pendingLinks",
          "linkspan_memory_used_bytes{memory=\"heap\"}", "heapBytes",
          "linkspan_memory_used_bytes{memory=\"direct\"}", "directBytes",
          "linkspan_memory_limit_bytes{memory=\"heap\"}", "heapLimit",
          "linkspan_memory_limit_bytes{memory=\"direct\"}", "directLimit",
          "linkspan_memory_level{memory=\"heap\"}", "heapLevel",
          "linkspan_memory_level{memory=\"direct\"}", "directLevel");

  private StormGauges() {}

  /**
   * Returns the gauges by their names; those that the metrics do not have are left out.
   *
   * @param metrics in Prometheus' text format
   */
  public static JsonObject of(String metrics) {
    Map<String, Object> gauges = new TreeMap<>();
    metrics
        .lines()
        .forEach(
            line -> {
              int end = line.lastIndexOf(' ');
              String name = end < 0 ? null : NAMES.get(line.substring(0, end));
              if (name != null) {
                gauges.put(name, (long) Double.parseDouble(line.substring(end + 1)));
              }
            });
    return new JsonObject(gauges);
  }
}
