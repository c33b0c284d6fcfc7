package io.linkspan.metrics;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts durations in buckets that are the same for every histogram. Recording allocates nothing.
 *
 * <p>A histogram has one writer at a time, such as an event loop, which uses {@link #record}; or it
 * has many, which use {@link #recordShared}. Any thread may read.
 */
public final class LatencyHistogram {

  private static final int SUM = LatencyBuckets.COUNT;

  /** The counts of the buckets, then the sum of all durations in nanoseconds. */
  private final AtomicLongArray cells = new AtomicLongArray(SUM + 1);

  /** Creates an empty histogram that no registry exports. */
  public LatencyHistogram() {}

  /**
   * Counts a duration. The caller is the only writer.
   *
   * @param nanos nanoseconds; a negative duration counts as none
   */
  public void record(long nanos) {
    int bucket = LatencyBuckets.of(nanos);
    cells.setOpaque(bucket, cells.getPlain(bucket) + 1);
    cells.setOpaque(SUM, cells.getPlain(SUM) + Math.max(0, nanos));
  }

  /**
   * Counts a duration. Others may write at the same time.
   *
   * @param nanos nanoseconds; a negative duration counts as none
   */
  public void recordShared(long nanos) {
    cells.getAndIncrement(LatencyBuckets.of(nanos));
    cells.getAndAdd(SUM, Math.max(0, nanos));
  }

  /** Returns what was counted until now. */
  public LatencySnapshot snapshot() {
    long[] counts = new long[LatencyBuckets.COUNT];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = cells.getOpaque(i);
    }
    return new LatencySnapshot(counts, cells.getOpaque(SUM));
  }
}
