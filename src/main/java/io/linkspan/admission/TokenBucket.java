package io.linkspan.admission;

/**
 * Allows {@code rate} units per second, and as many at once after a second of rest. Pure: times are
 * milliseconds of any monotonic clock.
 */
public final class TokenBucket {

  private static final long SECOND = 1_000;

  private final long rate;
  private long milliTokens;
  private long filledAt;

  /**
   * @param rate per second, at least 1
   */
  public TokenBucket(int rate, long now) {
    this.rate = rate;
    milliTokens = rate * SECOND;
    filledAt = now;
  }

  /**
   * Takes {@code amount} if it is left. An amount of more than one second's rate passes when the
   * bucket is full and delays what follows.
   *
   * @return 0 when it may pass, else milliseconds until it may
   */
  public long take(long amount, long now) {
    long delay = delay(amount, now);
    if (delay == 0) {
      milliTokens -= amount * SECOND;
    }
    return delay;
  }

  /** Returns the result that {@link #take} would have, and takes nothing. */
  public long delay(long amount, long now) {
    milliTokens = Math.min(rate * SECOND, milliTokens + Math.max(0, now - filledAt) * rate);
    filledAt = now;
    long needed = Math.min(amount, rate) * SECOND;
    return milliTokens < needed ? Math.max(1, (needed - milliTokens + rate - 1) / rate) : 0;
  }

  /** Returns whether the bucket equals a new one. */
  boolean full(long now) {
    return milliTokens + (now - filledAt) * rate >= rate * SECOND;
  }
}
