package io.linkspan.protocol.enet;

import java.nio.ByteBuffer;

/**
 * The IP address and port of a peer. Two addresses are equal when their bytes and ports are.
 *
 * <p>The address in the form of the shell is kept as {@code origin}, so that answering needs no
 * conversion; it does not count for equality.
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
   * @param origin returned by {@link #origin()}; may be null
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

  /** The address in the form of the shell. */
  public Object origin() {
    return origin;
  }

  /**
   * The network that limits per address count by: the whole IPv4 address, or the upper 64 bits of
   * an IPv6 address, which one client is likely to own.
   */
  long network() {
    return high == 0 ? low : high;
  }

  /** The IPv4 /24 or IPv6 /64 of this address, usually one site. */
  long neighbourhood() {
    return high == 0 ? low >>> 8 : high;
  }

  /** A hash whose collisions cannot be provoked without the salt. */
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
