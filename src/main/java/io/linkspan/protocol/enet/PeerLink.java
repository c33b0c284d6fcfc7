package io.linkspan.protocol.enet;

/**
 * The two ends of one connection: the values that the heads of its datagrams are checked against
 * and built from (§3). A handshake, the peer that it becomes and the record of the ended peer share
 * one link.
 */
final class PeerLink {
  final PeerAddress address;

  /** The id that the other side puts into the head of its datagrams. */
  final int incomingPeerId;

  /** The id that heads of our datagrams carry; {@link Datagram#NO_PEER} while it is unknown. */
  int outgoingPeerId = Datagram.NO_PEER;

  final int connectId;

  /**
   * Added to the sent times of our datagrams. Random, so that an acknowledgement, which returns a
   * sent time, shows that its sender has received the datagram (§6.2).
   */
  int clock;

  int incomingSession;
  int outgoingSession;
  boolean checksum;
  boolean compression;
  int mtu;

  PeerLink(PeerAddress address, int incomingPeerId, int connectId) {
    this.address = address;
    this.incomingPeerId = incomingPeerId;
    this.connectId = connectId;
  }

  /** Whether a datagram with these session bits belongs to this connection. */
  boolean accepts(int session) {
    return outgoingPeerId == Datagram.NO_PEER || session == incomingSession;
  }

  /** The 16 bits that a datagram sent now carries. */
  int sentTime(long now) {
    return (int) (now + clock) & 0xFFFF;
  }

  /** Milliseconds since a datagram with this sent time, modulo 65,536. */
  int since(int sentTime, long now) {
    return (int) (now + clock - sentTime) & 0xFFFF;
  }

  /** Payload of one fragment that fills a datagram (§7.1). */
  int longestFragment() {
    return mtu
        - Datagram.HEADER_LENGTH
        - Command.SEND_FRAGMENT.size
        - (checksum ? Datagram.CHECKSUM_LENGTH : 0);
  }
}
