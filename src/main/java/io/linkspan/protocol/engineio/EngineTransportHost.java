package io.linkspan.protocol.engineio;

/** The part of a session that its transports act on. */
interface EngineTransportHost {

  /** Whether the session still takes part in the protocol: it is open or closing. */
  boolean isAlive();

  /** Takes a packet of the client. */
  void receive(EnginePacket packet, long now);

  /**
   * Ends the session at once.
   *
   * @param lastWord answers a held poll
   */
  void end(EngineCloseReason reason, String detail, EnginePacket lastWord);

  /** The client has probed a WebSocket, and waits for its poll to end. */
  void probed();

  /** The candidate of an upgrade is dropped, and the session goes on polling. */
  void upgradeFailed();

  /** The session has moved to a WebSocket. */
  void upgraded(long now);
}
