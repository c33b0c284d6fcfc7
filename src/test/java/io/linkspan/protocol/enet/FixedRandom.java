package io.linkspan.protocol.enet;

import java.util.random.RandomGenerator;

/** Chooses what the C library chose in the captures: slot 0, session 0, connect id 04 03 02 01. */
final class FixedRandom implements RandomGenerator {
  static final int CONNECT_ID = 0x04030201;

  @Override
  public long nextLong() {
    return 0;
  }

  @Override
  public int nextInt() {
    return CONNECT_ID;
  }

  @Override
  public int nextInt(int bound) {
    return 0;
  }
}
