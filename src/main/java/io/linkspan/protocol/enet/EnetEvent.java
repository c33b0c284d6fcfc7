package io.linkspan.protocol.enet;

/** Events of a connection. */
public sealed interface EnetEvent {

  /** The connection that the event belongs to. */
  EnetPeer peer();

  /**
   * The connection is open: messages may be sent and will arrive.
   *
   * @param data of the CONNECT of the client; 0 for a connection that we opened
   */
  record Connected(EnetPeer peer, int data) implements EnetEvent {}

  /**
   * A message has been received completely.
   *
   * @param channel 0 up to the channels of the connection
   * @param payload not used elsewhere, possibly empty
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Received(EnetPeer peer, int channel, Delivery delivery, byte[] payload)
      implements EnetEvent {}

  /**
   * A message above the longest has begun to arrive. It is refused, so its sender repeats it and
   * nothing behind it arrives: the application ends the connection. Reported once.
   *
   * @param length of the message in bytes
   */
  record TooLarge(EnetPeer peer, int channel, long length) implements EnetEvent {}

  /**
   * The connection has ended and no event follows. Also the end of an attempt of ours to connect.
   *
   * @param data of the DISCONNECT of the other side, else 0
   */
  record Disconnected(EnetPeer peer, EndReason reason, int data) implements EnetEvent {}
}
