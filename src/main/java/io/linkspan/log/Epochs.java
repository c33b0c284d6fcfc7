package io.linkspan.log;

import java.util.concurrent.ThreadLocalRandom;

/** Draws the epochs of new logs. */
public final class Epochs {

  /** Numbers below are exact in every language's JSON. */
  private static final long BOUND = 1L << 53;

  private Epochs() {}

  /** Returns a number above 0 that no other log of that name has had, as good as certainly. */
  public static long draw() {
    return ThreadLocalRandom.current().nextLong(1, BOUND);
  }
}
