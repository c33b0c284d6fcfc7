package io.linkspan.listener;

import io.linkspan.config.ConfigNode;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of network addresses in CIDR notation (RFC 4632, section 3.1). An IPv4 address that is
 * mapped to IPv6 (RFC 4291, section 2.5.5.2) is the IPv4 address.
 */
public final class AddressRange {

  private static final Pattern NOTATION = Pattern.compile("([0-9A-Fa-f.:]{2,45})(?:/(\\d{1,3}))?");

  /** Length of the zeros and the 0xffff in front of a mapped IPv4 address. */
  private static final int MAPPED = 12;

  private static final int IPV6 = 16;

  /** Bits of an IPv6 address that one owner has at least. */
  private static final int OWNED = 64;

  private final byte[] network;
  private final int prefix;

  private AddressRange(byte[] network, int prefix) {
    this.network = network;
    this.prefix = prefix;
  }

  /**
   * Reads a range, or a single address.
   *
   * @return null when the text is neither, or when bits after the prefix are set
   */
  public static AddressRange parse(String text) {
    Matcher notation = NOTATION.matcher(text);
    byte[] network = notation.matches() ? bytes(notation.group(1)) : null;
    if (network == null) {
      return null;
    }
    int bits = network.length * Byte.SIZE;
    int prefix = notation.group(2) == null ? bits : Integer.parseInt(notation.group(2));
    if (prefix > bits) {
      return null;
    }
    for (int bit = prefix; bit < bits; bit++) {
      if (bit(network, bit) != 0) {
        return null;
      }
    }
    return new AddressRange(network, prefix);
  }

  /** Returns the range of one address alone; null when the text is not an address. */
  public static AddressRange ofAddress(String text) {
    byte[] bytes = bytes(text);
    return bytes == null ? null : new AddressRange(bytes, bytes.length * Byte.SIZE);
  }

  /**
   * Returns the range that the owner of an address has at least: one IPv4 address, or 64 bits of
   * IPv6; null when the text is not an address.
   */
  public static AddressRange ofOwner(String address) {
    AddressRange one = ofAddress(address);
    return one == null || !one.isIpv6() ? one : one.widened(OWNED);
  }

  /** Returns the number of bits that all addresses of this range have in common. */
  public int prefix() {
    return prefix;
  }

  /** Returns whether this is a range of IPv6 addresses. */
  public boolean isIpv6() {
    return network.length == IPV6;
  }

  /**
   * Returns the larger range that this one is part of.
   *
   * @param bits its prefix, at most the one of this range
   */
  public AddressRange widened(int bits) {
    byte[] wider = new byte[network.length];
    int whole = bits / Byte.SIZE;
    System.arraycopy(network, 0, wider, 0, whole);
    if (whole < wider.length) {
      wider[whole] = (byte) (network[whole] & (0xff << (Byte.SIZE - bits % Byte.SIZE)));
    }
    return new AddressRange(wider, bits);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AddressRange range
        && range.prefix == prefix
        && Arrays.equals(range.network, network);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(network) * 31 + prefix;
  }

  /** Returns the notation that {@link #parse} reads; equal ranges have the same. */
  @Override
  public String toString() {
    return NetUtil.bytesToIpAddress(network) + '/' + prefix;
  }

  /** Reads a list of ranges and addresses. */
  public static List<AddressRange> list(ConfigNode section, String key) {
    List<AddressRange> ranges = new ArrayList<>();
    for (String text : section.texts(key)) {
      AddressRange range = parse(text);
      if (range == null) {
        section.reject(key, "addresses and ranges such as 10.0.0.0/8 or 2001:db8::/32");
        break;
      }
      ranges.add(range);
    }
    return List.copyOf(ranges);
  }

  /** Returns whether one of the ranges has an address. */
  public static boolean anyContains(List<AddressRange> ranges, String address) {
    for (AddressRange range : ranges) {
      if (range.contains(address)) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether an address is in this range; a text that is not an address is not. */
  public boolean contains(String address) {
    byte[] bytes = bytes(address);
    if (bytes == null || bytes.length != network.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit++) {
      if (bit(bytes, bit) != bit(network, bit)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether a text is an IPv4 or IPv6 address. Names are never resolved. */
  public static boolean isAddress(String text) {
    return bytes(text) != null;
  }

  /**
   * Returns the part of an address by which its owner is counted: all of an IPv4 address, and of an
   * IPv6 address the 64 bits that one owner has at least.
   */
  public static String owner(String address) {
    byte[] bytes = bytes(address);
    return bytes == null || bytes.length != IPV6
        ? address
        : NetUtil.bytesToIpAddress(Arrays.copyOf(Arrays.copyOf(bytes, IPV6 / 2), IPV6));
  }

  private static int bit(byte[] bytes, int index) {
    return bytes[index / Byte.SIZE] >> (Byte.SIZE - 1 - index % Byte.SIZE) & 1;
  }

  /** Returns the bytes of an address; null when the text is not one. */
  static byte[] bytes(String address) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
    return bytes != null && isMapped(bytes) ? Arrays.copyOfRange(bytes, MAPPED, IPV6) : bytes;
  }

  private static boolean isMapped(byte[] bytes) {
    if (bytes.length != IPV6 || bytes[MAPPED - 2] != -1 || bytes[MAPPED - 1] != -1) {
      return false;
    }
    for (int i = 0; i < MAPPED - 2; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
