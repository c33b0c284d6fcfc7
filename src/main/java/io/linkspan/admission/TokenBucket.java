package io.linkspan.admission;

/**
 * Allows some units per period, and as many at once after a period of rest. Pure: times are
 * milliseconds of any monotonic clock.
 */
public final class TokenBucket {

  private static final long SECOND = 1_000;

  private final long units;
  private final long period;

  /** Units that are left, times the milliseconds of the period: so a millisecond adds units. */
  private long left;

  private long filledAt;

  /**
   * Creates a full bucket of a rate per second.
   *
   * @param rate per second, at least 1
   */
  public TokenBucket(int rate, long now) {
    this(rate, SECOND, now);
  }

  /**
   * Creates a full bucket.
   *
   * @param units per period, at least 1
   * @param period in milliseconds, at least 1
   */
  public TokenBucket(int units, long period, long now) {
    this.units = units;
    this.period = period;
    left = units * period;
    filledAt = now;
  }

  /**
   * Takes {@code amount} if it is left. An amount of more than one period's units passes when the
   * bucket is full and delays what follows.
   *
   * @return 0 when it may pass, else milliseconds until it may
   */
  public long take(long amount, long now) {
    long delay = delay(amount, now);
    if (delay == 0) {
      left -= amount * period;
    }
    return delay;
  }

  /** Returns the result that {@link #take} would have, and takes nothing. */
  public long delay(long amount, long now) {
    left = Math.min(units * period, left + Math.max(0, now - filledAt) * units);
    filledAt = now;
    long needed = Math.min(amount, units) * period;
    return left < needed ? Math.max(1, (needed - left + units - 1) / units) : 0;
  }

  /** Gives back what was taken, as if it had not been. */
  public void giveBack(long amount) {
    left = Math.min(units * period, left + amount * period);
  }

  /** Returns whether the bucket equals a new one. */
  public boolean full(long now) {
    return left + (now - filledAt) * units >= units * period;
  }
}
