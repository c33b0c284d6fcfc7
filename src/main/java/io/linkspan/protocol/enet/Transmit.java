package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;

/** One datagram to be sent. The host reuses the object, which is valid until the next poll. */
public final class Transmit {
  private ByteBuf datagram;
  private PeerAddress address;

  Transmit() {}

  Transmit of(ByteBuf datagram, PeerAddress address) {
    this.datagram = datagram;
    this.address = address;
    return this;
  }

  /** The bytes between reader and writer index. The caller owns the buffer and releases it. */
  public ByteBuf datagram() {
    return datagram;
  }

  /** The destination. */
  public PeerAddress address() {
    return address;
  }
}
