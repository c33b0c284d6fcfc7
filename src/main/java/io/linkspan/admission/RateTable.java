package io.linkspan.admission;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Holds a {@link TokenBucket} for each recent key. Shared by all event loops, hence synchronized;
 * it is used once per connect. Holds only buckets that are not full: a flood of new keys is
 * forgotten after a second.
 */
final class RateTable {

  private final int rate;
  private final Map<String, TokenBucket> buckets = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param rate per key and second; 0 allows everything
   */
  RateTable(int rate) {
    this.rate = rate;
  }

  /** Returns 0 when the key may pass, else milliseconds until it may. */
  synchronized long take(String key, long now) {
    if (rate == 0) {
      return 0;
    }
    forgetFull(now);
    return buckets.computeIfAbsent(key, k -> new TokenBucket(rate, now)).take(1, now);
  }

  /** Returns the number of keys that are held. */
  synchronized int size() {
    return buckets.size();
  }

  private void forgetFull(long now) {
    // Least recently used first, and they fill at the same rate.
    Iterator<TokenBucket> oldest = buckets.values().iterator();
    while (oldest.hasNext() && oldest.next().full(now)) {
      oldest.remove();
    }
  }
}
