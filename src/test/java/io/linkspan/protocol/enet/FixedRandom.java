package io.linkspan.protocol.enet;

import java.util.random.RandomGenerator;

/** Returns the choices of the C library in the captures: slot 0, session 0, connect id 04030201. */
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
