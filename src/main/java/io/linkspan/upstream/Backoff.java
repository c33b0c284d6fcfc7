package io.linkspan.upstream;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait before something that failed is tried again. */
public final class Backoff {

  private Backoff() {}

  /**
   * Doubled with each step up to the longest; of that, at least a half, so that many spread.
   *
   * @param step 0 for the first pause
   * @return milliseconds
   */
  public static long of(Duration first, Duration longest, int step, RandomGenerator random) {
    long doubled = first.toMillis() << Math.min(step, 20);
    long whole = Math.max(1, Math.min(doubled, longest.toMillis()));
    return whole - (long) (random.nextDouble() * whole / 2);
  }
}
