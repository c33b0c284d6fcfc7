package io.linkspan.metrics;

/** The durations that one histogram or several have counted until some moment. Immutable. */
public final class LatencySnapshot {

  /** A snapshot without durations. */
  public static final LatencySnapshot NONE = new LatencySnapshot(new long[LatencyBuckets.COUNT], 0);

  private static final double NANOS = 1e9;

  private final long[] counts;
  private final long sum;

  /**
   * Takes the counts of all buckets, which the caller does not change later.
   *
   * @param sum of all durations, in nanoseconds
   */
  LatencySnapshot(long[] counts, long sum) {
    this.counts = counts;
    this.sum = sum;
  }

  /** Returns the durations of both. */
  public LatencySnapshot plus(LatencySnapshot other) {
    return combine(other, 1);
  }

  /**
   * Returns the durations that were counted after an earlier snapshot of the same histograms. Fewer
   * than none, since one of them was removed, count as none.
   */
  public LatencySnapshot minus(LatencySnapshot earlier) {
    return combine(earlier, -1);
  }

  private LatencySnapshot combine(LatencySnapshot other, int sign) {
    long[] combined = new long[counts.length];
    for (int i = 0; i < counts.length; i++) {
      combined[i] = Math.max(0, counts[i] + sign * other.counts[i]);
    }
    return new LatencySnapshot(combined, Math.max(0, sum + sign * other.sum));
  }

  /** Returns the number of durations. */
  public long count() {
    long all = 0;
    for (long count : counts) {
      all += count;
    }
    return all;
  }

  /** Returns the sum of all durations, in seconds. */
  public double sumSeconds() {
    return sum / NANOS;
  }

  /**
   * Returns the duration that a share of all durations does not exceed, in seconds. It is
   * interpolated within its bucket, as Prometheus does; above the last bound it is that bound.
   *
   * @param share from 0 to 1, such as 0.99
   * @return NaN for an empty snapshot
   */
  public double quantile(double share) {
    long all = count();
    if (all == 0) {
      return Double.NaN;
    }
    double rank = share * all;
    long below = 0;
    int bucket = 0;
    while (bucket < counts.length - 1 && below + counts[bucket] < rank) {
      below += counts[bucket++];
    }
    if (bucket == counts.length - 1) {
      return LatencyBuckets.bound(bucket - 1);
    }
    double from = bucket == 0 ? 0 : LatencyBuckets.bound(bucket - 1);
    double to = LatencyBuckets.bound(bucket);
    double within = counts[bucket] == 0 ? 0 : (rank - below) / counts[bucket];
    return from + (to - from) * Math.max(0, Math.min(1, within));
  }

  /** Returns the number of durations in a bucket. */
  long count(int bucket) {
    return counts[bucket];
  }
}
