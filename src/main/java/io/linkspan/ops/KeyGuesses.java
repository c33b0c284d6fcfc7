package io.linkspan.ops;

import io.linkspan.admission.RecentTable;
import io.linkspan.admission.TokenBucket;

/**
 * Limits how often an address can guess the key. An address that has no guess left is not answered
 * whether a key is right. Pure: times are milliseconds of any monotonic clock.
 */
final class KeyGuesses {

  /** Wrong keys at once, and then per second. */
  private static final int RATE = 5;

  private final RecentTable<String, TokenBucket> buckets;

  /**
   * @param maxAddresses that are stored; the one that guessed least recently makes room
   */
  KeyGuesses(int maxAddresses) {
    buckets = new RecentTable<>(maxAddresses);
  }

  /** Returns the milliseconds until the address may send a key; 0 when it may now. */
  long delay(String address, long now) {
    TokenBucket bucket = buckets.find(address);
    return bucket == null ? 0 : bucket.delay(1, now);
  }

  /** Counts a wrong key. */
  void wrong(String address, long now) {
    buckets.findOrAdd(address, a -> new TokenBucket(RATE, now)).take(1, now);
  }

  /** Returns the number of addresses that are stored. */
  int size() {
    return buckets.size();
  }
}
