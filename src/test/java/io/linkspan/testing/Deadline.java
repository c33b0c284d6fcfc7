package io.linkspan.testing;

/**
 * Ends the wait of a test client for something that does not come while something else does, such
 * as heartbeats.
 */
final class Deadline {

  private final long began = System.nanoTime();

  /** Fails the test when {@link Patience#LONGEST} is over. */
  void check() {
    if (System.nanoTime() - began > Patience.LONGEST.toNanos()) {
      throw new AssertionError("something else came for " + Patience.LONGEST);
    }
  }
}
