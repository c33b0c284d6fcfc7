package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** Writes datagrams of a client with parts of one long message. */
public final class IncompleteMessage {

  private IncompleteMessage() {}

  /**
   * Returns a datagram with one part of the first message of a channel, without a checksum.
   *
   * @param number of the part, from 0
   * @param count of all parts
   * @param length of each part
   */
  public static byte[] part(EnetPeer peer, int channel, int number, int count, int length) {
    int head = peer.link.outgoingSession << Datagram.SESSION_SHIFT | peer.link.outgoingPeerId;
    var bytes = Unpooled.buffer();
    bytes.writeShort(Datagram.SENT_TIME | head).writeShort(0);
    bytes.writeByte(Command.SEND_FRAGMENT.number | Command.ACKNOWLEDGE_ME).writeByte(channel);
    bytes.writeShort(1 + number).writeShort(1).writeShort(length).writeInt(count);
    bytes.writeInt(number).writeInt(count * length).writeInt(number * length);
    return ByteBufUtil.getBytes(bytes.writeZero(length));
  }
}
