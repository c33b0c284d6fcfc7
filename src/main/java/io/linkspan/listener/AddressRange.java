package io.linkspan.listener;

import io.netty.util.NetUtil;
import java.util.Arrays;
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
