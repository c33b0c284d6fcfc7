package io.linkspan.transport.channel;

import io.netty.util.concurrent.FastThreadLocal;

/** Holds what one unit of input contains while it is decoded, without an array for each unit. */
public final class ScratchArray {

  /** Larger units have arrays of their own. */
  public static final int SIZE = 4 * 1024;

  private static final FastThreadLocal<byte[]> CURRENT =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[SIZE];
        }
      };

  private ScratchArray() {}

  /** Returns an array of at least this length, which this thread uses again for the next unit. */
  public static byte[] of(int length) {
    return length <= SIZE ? CURRENT.get() : new byte[length];
  }
}
