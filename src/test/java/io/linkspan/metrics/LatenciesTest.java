package io.linkspan.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LatenciesTest {

  private static final int WRITERS = 4;
  private static final int EACH = 20_000;
  private static final Offset<Double> EXACT = Offset.offset(1e-9);

  private final Latencies latencies = new Latencies();

  private static long millis(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private String scrape() {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.getPrometheusRegistry().register(latencies);
    return registry.scrape();
  }

  @Test
  void aHistogramIsExportedWithCumulativeBucketsInSeconds() {
    LatencyHistogram histogram = latencies.add(Latency.HAND_OVER);
    histogram.record(millis(1));
    histogram.record(millis(1) + 1);
    histogram.record(TimeUnit.MINUTES.toNanos(1));
    assertThat(scrape().lines())
        .contains(
            "# TYPE linkspan_hand_over_seconds histogram",
            "linkspan_hand_over_seconds_bucket{le=\"5.0E-4\"} 0",
            "linkspan_hand_over_seconds_bucket{le=\"0.001\"} 1",
            "linkspan_hand_over_seconds_bucket{le=\"0.0025\"} 2",
            "linkspan_hand_over_seconds_bucket{le=\"30.0\"} 2",
            "linkspan_hand_over_seconds_bucket{le=\"+Inf\"} 3",
            "linkspan_hand_over_seconds_count 3")
        .anyMatch(line -> line.startsWith("linkspan_hand_over_seconds_sum 60.002"));
  }

  @Test
  void histogramsWithTheSameLabelAreOneSeries() {
    latencies.add(Latency.DELIVERY, "linked").record(1);
    latencies.add(Latency.DELIVERY, "linked").record(1);
    latencies.add(Latency.DELIVERY, "away").record(1);
    assertThat(scrape().lines())
        .contains(
            "linkspan_delivery_seconds_count{client=\"linked\"} 2",
            "linkspan_delivery_seconds_count{client=\"away\"} 1");
    assertThat(latencies.snapshot(Latency.DELIVERY).count()).isEqualTo(3);
    assertThat(latencies.series(Latency.DELIVERY)).containsOnlyKeys("away", "linked");
  }

  @Test
  void aKindWithoutHistogramsIsNotExported() {
    assertThat(scrape()).doesNotContain("linkspan_");
    assertThat(latencies.snapshot(Latency.CONNECT).count()).isZero();
  }

  @Test
  void aHistogramThatIsRemovedIsNotExported() {
    LatencyHistogram removed = latencies.add(Latency.UPSTREAM_ATTEMPT, "a");
    latencies.add(Latency.UPSTREAM_ATTEMPT, "b");
    latencies.remove(removed);
    assertThat(latencies.series(Latency.UPSTREAM_ATTEMPT)).containsOnlyKeys("b");
  }

  @Test
  void aDurationCountsInTheBucketWhoseBoundItEquals() {
    var histogram = new LatencyHistogram();
    histogram.record(-1);
    histogram.record(0);
    histogram.record(TimeUnit.MICROSECONDS.toNanos(500));
    histogram.record(TimeUnit.SECONDS.toNanos(30));
    histogram.record(Long.MAX_VALUE / 2);
    LatencySnapshot counted = histogram.snapshot();
    assertThat(counted.count(0)).isEqualTo(3);
    assertThat(counted.count(LatencyBuckets.COUNT - 2)).isEqualTo(1);
    assertThat(counted.count(LatencyBuckets.COUNT - 1)).isEqualTo(1);
  }

  @Test
  void aQuantileIsInterpolatedWithinItsBucket() {
    var histogram = new LatencyHistogram();
    for (int i = 0; i < 50; i++) {
      histogram.record(millis(8));
      histogram.record(millis(20));
    }
    LatencySnapshot counted = histogram.snapshot();
    assertThat(counted.quantile(0)).isCloseTo(0, EXACT);
    assertThat(counted.quantile(0.25)).isCloseTo(0.0075, EXACT);
    assertThat(counted.quantile(0.5)).isCloseTo(0.010, EXACT);
    assertThat(counted.quantile(0.9)).isCloseTo(0.022, EXACT);
    assertThat(counted.quantile(1)).isCloseTo(0.025, EXACT);
    assertThat(counted.sumSeconds()).isCloseTo(1.4, EXACT);
  }

  @Test
  void aQuantileAboveAllBoundsIsTheLastBound() {
    var histogram = new LatencyHistogram();
    histogram.record(TimeUnit.HOURS.toNanos(1));
    assertThat(histogram.snapshot().quantile(0.5)).isEqualTo(30);
    histogram.record(1);
    histogram.record(1);
    assertThat(histogram.snapshot().quantile(0.99)).isEqualTo(30);
    assertThat(histogram.snapshot().quantile(0.5)).isLessThan(0.0005);
  }

  @Test
  void nothingHasNoQuantile() {
    assertThat(LatencySnapshot.NONE.quantile(0.5)).isNaN();
    assertThat(LatencySnapshot.NONE.sumSeconds()).isZero();
  }

  @Test
  void aDifferenceIsWhatWasCountedInBetween() {
    var histogram = new LatencyHistogram();
    histogram.record(millis(8));
    LatencySnapshot before = histogram.snapshot();
    histogram.record(millis(80));
    LatencySnapshot between = histogram.snapshot().minus(before);
    assertThat(between.count()).isEqualTo(1);
    assertThat(between.sumSeconds()).isCloseTo(0.08, EXACT);
    assertThat(between.quantile(0.5)).isCloseTo(0.075, EXACT);
    assertThat(before.minus(histogram.snapshot()).count()).isZero();
  }

  @Test
  void manyWritersLoseNothing() throws InterruptedException {
    var histogram = new LatencyHistogram();
    var start = new CountDownLatch(1);
    List<Thread> writers =
        IntStream.range(0, WRITERS)
            .mapToObj(
                writer ->
                    new Thread(
                        () -> {
                          try {
                            start.await();
                          } catch (InterruptedException e) {
                            return;
                          }
                          for (int i = 0; i < EACH; i++) {
                            histogram.recordShared(millis(i % 40));
                          }
                        }))
            .toList();
    writers.forEach(Thread::start);
    start.countDown();
    for (Thread writer : writers) {
      writer.join();
    }
    assertThat(histogram.snapshot().count()).isEqualTo((long) WRITERS * EACH);
  }
}
