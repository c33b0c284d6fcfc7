package io.linkspan.bench;

import java.util.Arrays;

/** Keeps all latencies in nanoseconds, as many as there is room for. */
public final class Latencies {

  private final long[] values;
  private int count;

  /**
   * Creates an empty list.
   *
   * @param room for so many latencies; further ones are dropped
   */
  public Latencies(int room) {
    values = new long[room];
  }

  /** Adds a latency. */
  public void add(long nanos) {
    if (count < values.length) {
      values[count++] = nanos;
    }
  }

  /** Returns how many latencies are kept. */
  public int count() {
    return count;
  }

  /** Returns the value that the given share of all does not exceed, in microseconds. */
  public double micros(double share) {
    long[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return count == 0 ? 0 : sorted[(int) Math.min(count - 1, (long) (count * share))] / 1_000.0;
  }
}
