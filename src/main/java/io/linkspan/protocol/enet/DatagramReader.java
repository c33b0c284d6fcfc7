package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Reads one received datagram: removes its head, verifies its checksum and expands its commands
 * (§3.1). The host owns one reader and reuses it; it refers to the datagram only during the call
 * that received it.
 */
final class DatagramReader {
  private final RangeCoder coder;
  private final Checksum crc;
  private final byte[] raw = new byte[Datagram.MAXIMUM_LENGTH];
  private final byte[] expanded = new byte[Datagram.MAXIMUM_LENGTH];
  private final ByteBuf expandedBuf = Unpooled.wrappedBuffer(expanded);

  /** Contains the commands between {@link #start} and {@link #end}. */
  ByteBuf bytes;

  int start;
  int end;

  /** 16 bits of the sender's clock, or -1. */
  int sentTime;

  boolean compressed;

  DatagramReader(RangeCoder coder, Checksum crc) {
    this.coder = coder;
    this.crc = crc;
  }

  /**
   * Opens a datagram of a known endpoint, or of an unknown address with a connect id of 0.
   *
   * @return null, or why it cannot be read
   */
  DropReason open(
      ByteBuf datagram, boolean checksum, int connectId, Feature compression, int longest) {
    int at = datagram.readerIndex();
    int head = datagram.getUnsignedShort(at);
    boolean timed = (head & Datagram.SENT_TIME) != 0;
    int body = at + 2 + (timed ? 2 : 0) + (checksum ? Datagram.CHECKSUM_LENGTH : 0);
    if (body > datagram.writerIndex()) {
      return DropReason.TOO_SHORT;
    }
    sentTime = timed ? datagram.getUnsignedShort(at + 2) : -1;
    compressed = (head & Datagram.COMPRESSED) != 0;
    bytes = datagram;
    start = body;
    end = datagram.writerIndex();
    if (compressed) {
      if (compression == Feature.OFF) {
        return DropReason.COMPRESSION_OFF;
      }
      int length = end - start;
      datagram.getBytes(start, raw, 0, length);
      int limit = longest - (start - at);
      int plain = coder.expand(raw, 0, length, expanded, limit);
      if (plain <= 0) {
        return DropReason.BAD_COMPRESSION;
      }
      bytes = expandedBuf;
      start = 0;
      end = plain;
    }
    if (checksum) {
      byte[] commands = expanded;
      if (!compressed) {
        commands = raw;
        bytes.getBytes(start, raw, 0, end - start);
      }
      int found = datagram.getInt(body - Datagram.CHECKSUM_LENGTH);
      if (found != crc.of(head, sentTime, connectId, commands, 0, end - start)) {
        return DropReason.BAD_CHECKSUM;
      }
    }
    return null;
  }

  /** Drops the reference to the datagram. */
  void close() {
    bytes = null;
  }
}
