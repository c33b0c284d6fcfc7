package io.linkspan.revocation;

import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.listener.AddressRange;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Finds the entry of the networks that an address is in. The time of a look-up depends on how many
 * lengths of prefixes there are, not on how many networks. Pure. Look-ups are made on any thread;
 * one thread at a time makes changes.
 */
final class NetworkTable {

  private static final int[] NONE = {};

  private final ConcurrentMap<AddressRange, Revocation> networks = new ConcurrentHashMap<>();

  /** How many networks have each prefix; IPv4 first, then IPv6. */
  private final int[][] counts = {new int[33], new int[129]};

  /** The prefixes in use, the longest first; replaced as a whole. */
  private volatile int[][] prefixes = {NONE, NONE};

  /** Adds an entry, or replaces the one of the same network. */
  void put(Revocation entry) {
    AddressRange network = AddressRange.parse(entry.value());
    if (network != null && networks.put(network, entry) == null) {
      count(network, 1);
    }
  }

  /** Removes the entry of a network. */
  void remove(Revocation entry) {
    AddressRange network = AddressRange.parse(entry.value());
    if (network != null && networks.remove(network) != null) {
      count(network, -1);
    }
  }

  /**
   * Returns an entry, rather not a ban, that has not ended and whose network has an address; null
   * when there is none.
   *
   * @param now in milliseconds since 1970
   */
  Revocation find(String address, long now) {
    if (networks.isEmpty()) {
      return null;
    }
    AddressRange one = AddressRange.ofAddress(address);
    if (one == null) {
      return null;
    }
    Revocation ban = null;
    for (int prefix : prefixes[family(one)]) {
      Revocation entry = networks.get(one.widened(prefix));
      if (entry != null && RevocationRules.isInForce(entry, now)) {
        if (entry.source() != Source.BAN) {
          return entry;
        }
        ban = entry;
      }
    }
    return ban;
  }

  private void count(AddressRange network, int change) {
    int family = family(network);
    counts[family][network.prefix()] += change;
    int[][] used = prefixes.clone();
    used[family] = used(counts[family]);
    prefixes = used;
  }

  private static int[] used(int[] counts) {
    int[] used = new int[counts.length];
    int size = 0;
    for (int prefix = counts.length - 1; prefix >= 0; prefix--) {
      if (counts[prefix] > 0) {
        used[size++] = prefix;
      }
    }
    return Arrays.copyOf(used, size);
  }

  private static int family(AddressRange range) {
    return range.isIpv6() ? 1 : 0;
  }
}
