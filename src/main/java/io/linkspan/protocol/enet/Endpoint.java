package io.linkspan.protocol.enet;

/**
 * One peer id of one address: a handshake, a connection, or the record of an ended connection.
 * Holds its links in the collections of the host.
 *
 * <p>Ids are unique per address only, because the address of each datagram is checked anyway: one
 * socket holds as many connections as memory allows (§6.2).
 */
abstract class Endpoint {
  static final long NEVER = Long.MAX_VALUE;

  final PeerLink link;

  // Links of EndpointTable, DeadlineHeap and TransmitQueue.
  Endpoint nextById;
  Endpoint nextByOrigin;
  int heapIndex = -1;
  long wakeAt;
  Endpoint nextToTransmit;
  boolean transmitting;

  Endpoint(PeerLink link) {
    this.link = link;
  }

  /** Handles the commands of a datagram whose head, checksum and compression are valid. */
  abstract void receive(DatagramReader in, long now);

  /**
   * Writes the commands of one datagram, if any.
   *
   * @return whether there is more to write
   */
  abstract boolean transmit(DatagramWriter out, long now);

  /**
   * Decides whether a datagram of this length, just written, is sent. Strangers are sent no more
   * than they have sent (§18).
   */
  boolean affords(int bytes) {
    return true;
  }

  /** When {@link #wake} has something to do, or {@link #NEVER}. */
  abstract long dueAt();

  /** Does what is due. */
  abstract void wake(long now);

  /** Whether the host has removed it. */
  abstract boolean isGone();
}
