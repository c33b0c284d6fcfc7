package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;

/** One datagram to be sent. The host reuses the object: it is valid until the next poll. */
public final class Transmit {
  private ByteBuf datagram;
  private PeerAddress address;

  Transmit() {}

  Transmit of(ByteBuf datagram, PeerAddress address) {
    this.datagram = datagram;
    this.address = address;
    return this;
  }

  /** The bytes between reader and writer index. Belongs to the caller, who releases it. */
  public ByteBuf datagram() {
    return datagram;
  }

  /** Where to. */
  public PeerAddress address() {
    return address;
  }
}
