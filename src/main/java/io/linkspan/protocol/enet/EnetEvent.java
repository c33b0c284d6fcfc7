package io.linkspan.protocol.enet;

/** What happened to a connection. */
public sealed interface EnetEvent {

  /** The connection it happened to. */
  EnetPeer peer();

  /**
   * The connection is open: messages may be sent and will arrive.
   *
   * @param data what the client said in its CONNECT; 0 for a connection that we opened
   */
  record Connected(EnetPeer peer, int data) implements EnetEvent {}

  /**
   * A message has arrived whole.
   *
   * @param channel 0 up to the connection's channels
   * @param payload nobody else's, possibly empty
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Received(EnetPeer peer, int channel, Delivery delivery, byte[] payload)
      implements EnetEvent {}

  /**
   * The connection is over and nothing follows. Also the end of a connection of ours that never
   * came to be.
   *
   * @param data what the other side said in its DISCONNECT, else 0
   */
  record Disconnected(EnetPeer peer, EndReason reason, int data) implements EnetEvent {}
}
