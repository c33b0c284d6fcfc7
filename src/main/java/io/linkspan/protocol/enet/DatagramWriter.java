package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Builds one datagram. Commands are written straight into the buffer that will be sent, behind room
 * for the longest head; the head is known last and is put in front of them. The host owns one
 * writer and reuses it.
 */
final class DatagramWriter {
  private static final int ROOM = Datagram.HEADER_LENGTH + Datagram.CHECKSUM_LENGTH;

  private final ByteBufAllocator allocator;
  private final RangeCoder coder;
  private final Checksum crc;
  private final byte[] plain = new byte[Datagram.MAXIMUM_LENGTH + ROOM];
  private final byte[] compressed = new byte[Datagram.MAXIMUM_LENGTH + ROOM];

  private ByteBuf out;
  private int mtu;
  private int size;
  private boolean timed;

  DatagramWriter(ByteBufAllocator allocator, RangeCoder coder, Checksum crc) {
    this.allocator = allocator;
    this.coder = coder;
    this.crc = crc;
  }

  void begin(PeerLink to) {
    mtu = to.mtu - (to.checksum ? Datagram.CHECKSUM_LENGTH : 0);
    size = Datagram.HEADER_LENGTH;
    timed = false;
  }

  /**
   * Whether a command of this many bytes still fits. A head of 4 always counts, and the checksum
   * when there is one (§7.4).
   */
  boolean fits(int length) {
    return size + length <= mtu;
  }

  boolean isEmpty() {
    return size == Datagram.HEADER_LENGTH;
  }

  /** Starts a command; its body, {@code length} bytes with the head, is written to the result. */
  ByteBuf command(Command command, int flags, int channel, int sequence, int length) {
    if (out == null) {
      out = allocator.ioBuffer(mtu + ROOM);
      out.setIndex(ROOM, ROOM);
    }
    size += length;
    timed |= (flags & Command.ACKNOWLEDGE_ME) != 0;
    out.writeByte(command.number | flags);
    out.writeByte(channel);
    out.writeShort(sequence);
    return out;
  }

  void acknowledge(int channel, int sequence, int sentTime) {
    command(Command.ACKNOWLEDGE, 0, channel, sequence, Command.ACKNOWLEDGE.size)
        .writeShort(sequence)
        .writeShort(sentTime);
  }

  /** Puts the head in front and returns the datagram. */
  ByteBuf finish(PeerLink to, long now) {
    int head = to.outgoingPeerId;
    if (head != Datagram.NO_PEER) {
      head |= to.outgoingSession << Datagram.SESSION_SHIFT;
    }
    int sentTime = -1;
    if (timed) {
      head |= Datagram.SENT_TIME;
      sentTime = to.sentTime(now);
    }
    int length = out.writerIndex() - ROOM;
    int shorter = 0;
    if (to.compression || to.checksum) {
      out.getBytes(ROOM, plain, 0, length);
    }
    if (to.compression) {
      shorter = coder.compress(plain, length, compressed, length);
      head |= shorter > 0 ? Datagram.COMPRESSED : 0;
    }
    int at = ROOM;
    if (to.checksum) {
      int placeholder = to.outgoingPeerId == Datagram.NO_PEER ? 0 : to.connectId;
      at -= Datagram.CHECKSUM_LENGTH;
      out.setInt(at, crc.of(head, sentTime, placeholder, plain, 0, length));
    }
    if (shorter > 0) {
      out.setBytes(ROOM, compressed, 0, shorter);
      out.writerIndex(ROOM + shorter);
    }
    if (timed) {
      at -= 2;
      out.setShort(at, sentTime);
    }
    at -= 2;
    out.setShort(at, head);
    var datagram = out.readerIndex(at);
    out = null;
    size = Datagram.HEADER_LENGTH;
    return datagram;
  }
}
