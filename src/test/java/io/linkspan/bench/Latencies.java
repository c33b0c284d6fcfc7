package io.linkspan.bench;

import java.util.Arrays;

/** Keeps all latencies in nanoseconds, as many as there is room for. */
final class Latencies {

  private final long[] values;
  private int count;

  Latencies(int room) {
    values = new long[room];
  }

  void add(long nanos) {
    if (count < values.length) {
      values[count++] = nanos;
    }
  }

  /** Returns the value that the given share of all does not exceed, in microseconds. */
  double micros(double share) {
    long[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return count == 0 ? 0 : sorted[(int) Math.min(count - 1, (long) (count * share))] / 1_000.0;
  }
}
