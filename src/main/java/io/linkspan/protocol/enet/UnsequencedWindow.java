package io.linkspan.protocol.enet;

import java.util.Arrays;

/**
 * Prevents the second delivery of unsequenced messages (§10.4). All channels of a peer share one.
 */
final class UnsequencedWindow {
  private static final int SIZE = 1024;
  private static final int FREE_WINDOWS = 32;

  private int base;
  private final long[] arrived = new long[SIZE / Long.SIZE];

  /** Whether a message of this group must be delivered; it is then marked as delivered. */
  boolean admits(int group) {
    int index = group % SIZE;
    int wide = group < base ? group + 0x10000 : group;
    if (wide >= base + FREE_WINDOWS * SIZE) {
      return false;
    }
    if (group - index != base) {
      base = group - index;
      Arrays.fill(arrived, 0);
    } else if ((arrived[index / Long.SIZE] >>> index & 1) != 0) {
      return false;
    }
    arrived[index / Long.SIZE] |= 1L << index;
    return true;
  }
}
