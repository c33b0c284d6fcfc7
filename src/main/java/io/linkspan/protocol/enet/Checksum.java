package io.linkspan.protocol.enet;

import java.util.zip.CRC32;

/**
 * Computes the CRC-32 of a datagram: its head, then the connect id in the place of the checksum,
 * then its commands before compression (§15). The connect id ties a datagram to one connection; a
 * CONNECT has zero there.
 */
final class Checksum {
  private final CRC32 crc = new CRC32();
  private final byte[] head = new byte[Datagram.HEADER_LENGTH + Datagram.CHECKSUM_LENGTH];

  /**
   * @param peerAndFlags the first 16 bits
   * @param sentTime the next 16 bits, or negative when the datagram has none
   */
  int of(int peerAndFlags, int sentTime, int connectId, byte[] commands, int from, int length) {
    int at = putShort(0, peerAndFlags);
    if (sentTime >= 0) {
      at = putShort(at, sentTime);
    }
    at = putShort(at, connectId >>> 16);
    at = putShort(at, connectId);
    crc.reset();
    crc.update(head, 0, at);
    crc.update(commands, from, length);
    return (int) crc.getValue();
  }

  private int putShort(int at, int bits) {
    head[at] = (byte) (bits >>> 8);
    head[at + 1] = (byte) bits;
    return at + 2;
  }
}
