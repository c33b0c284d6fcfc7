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

  /** Payload of one fragment that fills a datagram (§7.1). */
  int longestFragment() {
    return mtu
        - Datagram.HEADER_LENGTH
        - Command.SEND_FRAGMENT.size
        - (checksum ? Datagram.CHECKSUM_LENGTH : 0);
  }
}
