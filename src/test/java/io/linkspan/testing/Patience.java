package io.linkspan.testing;

import java.time.Duration;

/**
 * States how long a test waits for what must happen. A test that passes does not wait for it; a
 * busy machine needs it. The benchmarks use these constants too, without JUnit on their class path.
 */
public final class Patience {

  /** The longest wait for one event. */
  public static final Duration LONGEST = Duration.ofSeconds(60);

  /** {@link #LONGEST} in milliseconds. */
  public static final int MILLIS = (int) LONGEST.toMillis();

  /** {@link #LONGEST} in seconds. */
  public static final long SECONDS = LONGEST.toSeconds();

  private Patience() {}
}
