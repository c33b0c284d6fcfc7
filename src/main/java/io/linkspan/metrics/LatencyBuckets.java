package io.linkspan.metrics;

import java.util.concurrent.TimeUnit;

/** The buckets of every histogram: fixed bounds, and one bucket above the last of them. */
final class LatencyBuckets {

  /** Upper bounds in microseconds, inclusive. */
  private static final long[] MICROS = {
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000
  };

  /** Number of buckets, that without a bound included. */
  static final int COUNT = MICROS.length + 1;

  private static final double MICROS_PER_SECOND = 1e6;
  private static final long[] NANOS = new long[MICROS.length];

  static {
    for (int i = 0; i < MICROS.length; i++) {
      NANOS[i] = TimeUnit.MICROSECONDS.toNanos(MICROS[i]);
    }
  }

  private LatencyBuckets() {}

  /** Returns the upper bound of a bucket in seconds; infinity for the last one. */
  static double bound(int bucket) {
    return bucket == MICROS.length ? Double.POSITIVE_INFINITY : MICROS[bucket] / MICROS_PER_SECOND;
  }

  /**
   * Returns the bucket of a duration in nanoseconds. Most durations are in the first buckets, so
   * the search begins there.
   */
  static int of(long nanos) {
    int bucket = 0;
    while (bucket < NANOS.length && nanos > NANOS[bucket]) {
      bucket++;
    }
    return bucket;
  }
}
