package io.linkspan.admission;

import java.util.function.IntSupplier;

/**
 * Holds a {@link TokenBucket} for each recent key. Shared by all event loops, hence synchronized;
 * it is used once per connect. Holds only buckets that are not full: a flood of new keys is
 * forgotten after a second.
 */
final class RateTable {

  private final IntSupplier rate;

  /** The rate of all buckets in the table. */
  private int bucketRate;

  private RecentTable<String, TokenBucket> buckets = new RecentTable<>(Integer.MAX_VALUE);

  /**
   * @param rate per key and second, which can change; 0 allows everything
   */
  RateTable(IntSupplier rate) {
    this.rate = rate;
  }

  /** Returns 0 when the key may pass, else milliseconds until it may. */
  synchronized long take(String key, long now) {
    int current = rate.getAsInt();
    if (current != bucketRate) {
      bucketRate = current;
      buckets = new RecentTable<>(Integer.MAX_VALUE);
    }
    if (current == 0) {
      return 0;
    }
    // They fill at the same rate.
    buckets.removeOldest(bucket -> bucket.full(now));
    return buckets.findOrAdd(key, k -> new TokenBucket(current, now)).take(1, now);
  }

  /** Returns the number of keys that are held. */
  synchronized int size() {
    return buckets.size();
  }
}
