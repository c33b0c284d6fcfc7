package io.linkspan.protocol.enet;

/**
 * Whatever the host knows about one peer id of one address: a connection, one on its way to be, or
 * the memory of one. Holds what a datagram's head is checked against and built from, and its links
 * in the host's collections.
 *
 * <p>Ids are unique per address only, because the address is checked anyway: one socket holds as
 * many connections as memory allows (§20).
 */
abstract sealed class Endpoint permits EnetPeer, HalfOpen, Departed {
  static final long NEVER = Long.MAX_VALUE;

  final PeerAddress address;

  /** What the other side puts into the head of what it sends us. */
  final int incomingPeerId;

  /** What we put into the head of what we send; {@link Datagram#NO_PEER} while unknown. */
  int outgoingPeerId;

  int incomingSession;
  int outgoingSession;
  final int connectId;
  boolean checksum;
  boolean compression;
  int mtu;

  // Links: EndpointTable, DeadlineHeap, EnetHost's list of those that have something to send.
  Endpoint nextById;
  Endpoint nextByOrigin;
  int heapIndex = -1;
  long wakeAt;
  Endpoint nextToTransmit;
  boolean transmitting;

  Endpoint(PeerAddress address, int incomingPeerId, int connectId) {
    this.address = address;
    this.incomingPeerId = incomingPeerId;
    this.connectId = connectId;
  }

  void copyHead(Endpoint other) {
    outgoingPeerId = other.outgoingPeerId;
    incomingSession = other.incomingSession;
    outgoingSession = other.outgoingSession;
    checksum = other.checksum;
    compression = other.compression;
    mtu = other.mtu;
  }

  /** Handles the commands of a datagram whose head, checksum and compression are in order. */
  abstract void receive(DatagramReader in, long now);

  /**
   * Writes one datagram's commands, if any.
   *
   * @return whether there is more to write
   */
  abstract boolean transmit(DatagramWriter out, long now);

  /** When {@link #wake} has something to do, or {@link #NEVER}. */
  abstract long dueAt();

  /** Does what is due. */
  abstract void wake(long now);
}
