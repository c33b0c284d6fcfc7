package io.linkspan.bench;

import com.sun.management.ThreadMXBean;
import io.linkspan.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** Measures the processor time that the record of one duration costs. */
public final class HistogramBenchmark {

  private static final int ROUNDS = 21;
  private static final int BATCH = 2_000_000;
  private static final int DURATIONS = 1 << 10;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Keeps the compiler from leaving the clock out. */
  private static long sink;

  private HistogramBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String[] arguments) {
    var histogram = new LatencyHistogram();
    var shared = new LatencyHistogram();
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Timer timer =
        Timer.builder("timer")
            .serviceLevelObjectives(
                Duration.ofMillis(1), Duration.ofMillis(10), Duration.ofMillis(100))
            .register(registry);
    System.out.println("| | 50 µs | up to 40 s |");
    System.out.println("| --- | ---: | ---: |");
    print("histogram of one event loop", histogram::record);
    print("the same, with both readings of the clock", HistogramBenchmark::withClock);
    print("histogram that threads share", shared::recordShared);
    print("timer of Micrometer with 3 buckets", n -> timer.record(n, TimeUnit.NANOSECONDS));
    if (sink == 1) {
      throw new IllegalStateException();
    }
  }

  private static final LatencyHistogram CLOCKED = new LatencyHistogram();

  private static void withClock(long nanos) {
    long begun = System.nanoTime();
    sink += nanos;
    CLOCKED.record(System.nanoTime() - begun + nanos);
  }

  private static void print(String name, LongConsumer record) {
    long[] same = new long[DURATIONS];
    long[] spread = new long[DURATIONS];
    for (int i = 0; i < DURATIONS; i++) {
      same[i] = TimeUnit.MICROSECONDS.toNanos(50);
      spread[i] = (long) Math.pow(40e9, (i * 7 % DURATIONS) / (double) DURATIONS);
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %.1f ns | %.1f ns |%n",
        name,
        measure(record, same),
        measure(record, spread));
  }

  private static double measure(LongConsumer record, long[] durations) {
    double[] rounds = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      long before = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < BATCH; i++) {
        record.accept(durations[i & DURATIONS - 1]);
      }
      rounds[round] = (THREADS.getCurrentThreadCpuTime() - before) / (double) BATCH;
    }
    Arrays.sort(rounds);
    return rounds[ROUNDS / 2];
  }
}
