package io.linkspan.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Holds the histograms of a node, and exports them to Prometheus. Several histograms, such as one
 * for each event loop, may have the same label; they are one series then. May be used on any
 * thread.
 */
public final class Latencies implements MultiCollector {

  /**
   * One histogram.
   *
   * @param value of the label of its kind
   */
  private record Part(Latency kind, String value, LatencyHistogram histogram) {}

  private final List<Part> parts = new CopyOnWriteArrayList<>();

  /** Creates a set without histograms. */
  public Latencies() {}

  /** Adds a histogram of a kind that has one series only. */
  public LatencyHistogram add(Latency kind) {
    return add(kind, "");
  }

  /**
   * Adds a histogram.
   *
   * @param value of the label of its kind
   */
  public LatencyHistogram add(Latency kind, String value) {
    var histogram = new LatencyHistogram();
    parts.add(new Part(kind, value, histogram));
    return histogram;
  }

  /** Removes a histogram whose subject has ended; what it has counted is lost. */
  public void remove(LatencyHistogram histogram) {
    parts.removeIf(part -> part.histogram() == histogram);
  }

  /** Returns the durations of one kind, of all its series. */
  public LatencySnapshot snapshot(Latency kind) {
    return series(kind).values().stream().reduce(LatencySnapshot.NONE, LatencySnapshot::plus);
  }

  /** Returns the durations of one kind, by the value of its label, in order. */
  public Map<String, LatencySnapshot> series(Latency kind) {
    Map<String, LatencySnapshot> series = new TreeMap<>();
    for (Part part : parts) {
      if (part.kind() == kind) {
        series.merge(part.value(), part.histogram().snapshot(), LatencySnapshot::plus);
      }
    }
    return series;
  }

  @Override
  public MetricSnapshots collect() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    for (Latency kind : Latency.values()) {
      HistogramSnapshot.Builder histogram =
          HistogramSnapshot.builder().name(kind.metric()).help(kind.help());
      Map<String, LatencySnapshot> series = series(kind);
      series.forEach((value, durations) -> histogram.dataPoint(export(kind, value, durations)));
      if (!series.isEmpty()) {
        all.metricSnapshot(histogram.build());
      }
    }
    return all.build();
  }

  private static HistogramDataPointSnapshot export(
      Latency kind, String value, LatencySnapshot durations) {
    double[] bounds = new double[LatencyBuckets.COUNT];
    long[] counts = new long[LatencyBuckets.COUNT];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = LatencyBuckets.bound(i);
      counts[i] = durations.count(i);
    }
    return HistogramDataPointSnapshot.builder()
        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
        .sum(durations.sumSeconds())
        .labels(kind.label().isEmpty() ? Labels.EMPTY : Labels.of(kind.label(), value))
        .build();
  }
}
