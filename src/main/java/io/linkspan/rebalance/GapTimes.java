package io.linkspan.rebalance;

import java.util.Arrays;
import java.util.List;

/** The latest times that clients were without a link, in milliseconds. */
final class GapTimes {

  private static final int MAX = 10_000;

  private final int[] latest = new int[MAX];
  private long count;

  /** Adds times; the oldest ones leave when there are too many. */
  void add(List<Integer> gaps) {
    for (int gap : gaps) {
      latest[(int) (count++ % MAX)] = gap;
    }
  }

  /** Returns how many times were added. */
  long count() {
    return count;
  }

  /** Returns a percentile of the latest ones; 0 when there are none. */
  int percentile(int percent) {
    int size = (int) Math.min(count, MAX);
    int[] sorted = Arrays.copyOf(latest, size);
    Arrays.sort(sorted);
    return percentile(sorted, percent);
  }

  /** Returns a percentile of these times; 0 when there are none. */
  static int percentileOf(List<Integer> gaps, int percent) {
    return percentile(gaps.stream().mapToInt(Integer::intValue).sorted().toArray(), percent);
  }

  private static int percentile(int[] sorted, int percent) {
    return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) * percent / 100];
  }
}
