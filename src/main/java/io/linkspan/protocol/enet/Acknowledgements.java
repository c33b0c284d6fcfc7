package io.linkspan.protocol.enet;

import java.util.Arrays;

/** Holds the acknowledgements that a peer is owed, in the order of arrival (§8.1). */
final class Acknowledgements {
  private static final int MOST = 16_384;
  private static final int KEPT = 32;

  /** Channel, number and sent time of each, in the low 40 bits. */
  private long[] pending;

  private int count;
  private int written;

  /**
   * Adds the acknowledgement of one command.
   *
   * @return false when there are too many; the sender will repeat the command
   */
  boolean add(int channel, int sequence, int sentTime) {
    if (pending == null) {
      pending = new long[4];
    } else if (count == pending.length) {
      if (count >= MOST) {
        return false;
      }
      pending = Arrays.copyOf(pending, 2 * count);
    }
    pending[count++] = (long) channel << 32 | (long) sequence << 16 | sentTime;
    return true;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /**
   * Writes as many as fit into the datagram.
   *
   * @return whether all were written
   */
  boolean write(DatagramWriter out) {
    while (written < count) {
      if (!out.fits(Command.ACKNOWLEDGE.size)) {
        return false;
      }
      long next = pending[written++];
      out.acknowledge((int) (next >>> 32), (int) (next >>> 16) & 0xFFFF, (int) next & 0xFFFF);
    }
    count = 0;
    written = 0;
    if (pending != null && pending.length > KEPT) {
      pending = null;
    }
    return true;
  }
}
