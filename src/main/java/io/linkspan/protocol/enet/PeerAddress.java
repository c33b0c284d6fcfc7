package io.linkspan.protocol.enet;

import java.nio.ByteBuffer;

/**
 * Where datagrams of a peer come from and go to: the bytes of an IP address, and a port. Two are
 * equal when these are.
 *
 * <p>The shell's own form of the address rides along as {@code origin}, so that answering needs no
 * conversion; it takes no part in equality.
 */
public final class PeerAddress {
  private static final long IPV4_MAPPED = 0x0000_FFFF_0000_0000L;

  private final long high;
  private final long low;
  private final int port;
  private final Object origin;

  private PeerAddress(long high, long low, int port, Object origin) {
    this.high = high;
    this.low = low;
    this.port = port;
    this.origin = origin;
  }

  /**
   * An address from its 4 (IPv4) or 16 (IPv6) bytes in network order.
   *
   * @param origin what the shell wants back from {@link #origin()}, or null
   * @throws IllegalArgumentException for any other number of bytes
   */
  public static PeerAddress of(byte[] ip, int port, Object origin) {
    if (ip.length == 4) {
      int bits = ip[0] << 24 | (ip[1] & 0xFF) << 16 | (ip[2] & 0xFF) << 8 | (ip[3] & 0xFF);
      return ipv4(bits, port, origin);
    }
    if (ip.length != 16) {
      throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + ip.length);
    }
    var bytes = ByteBuffer.wrap(ip);
    return new PeerAddress(bytes.getLong(0), bytes.getLong(8), port, origin);
  }

  /** An IPv4 address from its 32 bits. */
  public static PeerAddress ipv4(int bits, int port, Object origin) {
    return new PeerAddress(0, IPV4_MAPPED | Integer.toUnsignedLong(bits), port, origin);
  }

  /** 0 to 65535. */
  public int port() {
    return port;
  }

  /** The shell's own form of this address. */
  public Object origin() {
    return origin;
  }

  /**
   * What one client is likely to own: the whole IPv4 address, or the upper 64 bits of an IPv6 one.
   * Limits per address count by this.
   */
  long network() {
    return high == 0 ? low : high;
  }

  /** The IPv4 /24 or IPv6 /64 it is in, which as a rule is one site. */
  long neighbourhood() {
    return high == 0 ? low >>> 8 : high;
  }

  /** A hash that nobody without the salt can make collide on purpose. */
  int hash(long salt) {
    long mixed = (high ^ salt) * 0x9E37_79B9_7F4A_7C15L;
    mixed = (mixed ^ (mixed >>> 32) ^ low) * (salt | 1);
    mixed = (mixed ^ (mixed >>> 29) ^ port) * 0xBF58_476D_1CE4_E5B9L;
    return (int) (mixed ^ (mixed >>> 32));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PeerAddress that
        && low == that.low
        && port == that.port
        && high == that.high;
  }

  @Override
  public int hashCode() {
    return hash(0);
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    if (high == 0 && (low & ~0xFFFF_FFFFL) == IPV4_MAPPED) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        text.append((low >>> shift) & 0xFF).append(shift == 0 ? ":" : ".");
      }
      return text.append(port).toString();
    }
    text.append('[');
    for (int group = 0; group < 8; group++) {
      long half = group < 4 ? high : low;
      text.append(group == 0 ? "" : ":");
      text.append(Long.toHexString((half >>> (48 - 16 * (group & 3))) & 0xFFFF));
    }
    return text.append("]:").append(port).toString();
  }
}
