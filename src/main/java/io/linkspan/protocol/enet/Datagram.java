package io.linkspan.protocol.enet;

/**
 * Constants of the head of one UDP payload (§3).
 *
 * <pre>
 *   0       u16  S C s s  p p p p p p p p p p p p
 *                S sent time follows · C the commands are compressed · s session · p receiver's peer id
 *   2       u16  sent time, only with S: low 16 bits of the sender's milliseconds
 *   2 or 4  u32  checksum, only when both sides use it
 *   then         commands, back to back
 * </pre>
 */
final class Datagram {
  static final int SENT_TIME = 0x8000;
  static final int COMPRESSED = 0x4000;
  static final int SESSION_SHIFT = 12;
  static final int SESSION_MASK = 3;

  /** The peer id in the datagrams of a sender that does not know our id. Real ids are below. */
  static final int NO_PEER = 0xFFF;

  static final int MINIMUM_MTU = 576;
  static final int MAXIMUM_LENGTH = 4096;

  /** Peer id and sent time; counted against the MTU even when the time is not sent (§7.4). */
  static final int HEADER_LENGTH = 4;

  static final int CHECKSUM_LENGTH = 4;

  /**
   * The flags of a CONNECT of ENet-CSharp, which has the two in each other's place: its sent time
   * looks like compression without a sent time, which no CONNECT of ENet has.
   */
  private static final int SWAPPED_CONNECT = COMPRESSED | NO_PEER;

  private Datagram() {}

  static int peerId(int head) {
    return head & NO_PEER;
  }

  /** Whether this is the head of a CONNECT whose two flags are in each other's place. */
  static boolean hasSwappedFlags(int head) {
    return head == SWAPPED_CONNECT;
  }

  static int session(int head) {
    return (head >>> SESSION_SHIFT) & SESSION_MASK;
  }
}
