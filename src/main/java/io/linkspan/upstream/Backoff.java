package io.linkspan.upstream;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Computes how long to wait before a retry. */
public final class Backoff {

  private Backoff() {}

  /**
   * Returns a pause that doubles with each step up to the longest, shortened at random by up to a
   * half so that many retries do not coincide.
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
