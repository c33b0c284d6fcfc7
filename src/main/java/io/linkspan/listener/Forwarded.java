package io.linkspan.listener;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the addresses that proxies add to a request. Each proxy appends the address of its own
 * peer, so the list is true from the right as far as proxies are trusted, and whatever the client
 * itself sent is on the left. Pure.
 */
final class Forwarded {

  /** One parameter of an element of the header Forwarded, and the character after it. */
  private static final Pattern PAIR =
      Pattern.compile(
          "\\s*([\\w!#$%&'*+.^`|~-]+)=(?:([\\w!#$%&'*+.^`|~:\\[\\]-]+)|\"((?:[^\"\\\\]|\\\\.)*+)\")"
              + "\\s*([;,]|$)");

  /** {@code 192.0.2.1:80}, {@code [2001:db8::1]} or {@code [2001:db8::1]:80}. */
  private static final Pattern NODE =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]{2,45})]|([0-9.]{7,15}))(?::[\\w.-]{1,32})?");

  private Forwarded() {}

  /**
   * Returns the address of the client: the rightmost one that is not a trusted proxy's. The walk
   * ends before an entry that is not an address, since nobody is known behind it; then, as for an
   * empty list, the address is that of the last trusted proxy.
   *
   * @param peer address of the trusted proxy that sent the list
   * @param list in the order of the header; null when it cannot be understood
   */
  static String client(String peer, List<String> list, Predicate<String> isTrusted) {
    String client = peer;
    if (list == null) {
      return client;
    }
    for (int i = list.size() - 1; i >= 0; i--) {
      String address = address(list.get(i));
      if (address == null) {
        return client;
      }
      client = address;
      if (!isTrusted.test(address)) {
        return client;
      }
    }
    return client;
  }

  /** Returns the entries of the values of the header X-Forwarded-For. */
  static List<String> forwardedFor(List<String> values) {
    List<String> entries = new ArrayList<>();
    for (String value : values) {
      for (String entry : value.split(",", -1)) {
        entries.add(entry.strip());
      }
    }
    return entries;
  }

  /**
   * Returns the parameters {@code for} of the values of the header Forwarded (RFC 7239); an element
   * without one has an empty entry. Null when a value breaks the grammar.
   */
  static List<String> forwarded(List<String> values) {
    List<String> entries = new ArrayList<>();
    for (String value : values) {
      if (!addElements(value, entries)) {
        return null;
      }
    }
    return entries;
  }

  private static boolean addElements(String value, List<String> entries) {
    Matcher pair = PAIR.matcher(value);
    String node = "";
    int at = 0;
    while (pair.find(at) && pair.start() == at) {
      if (pair.group(1).equalsIgnoreCase("for")) {
        // Section 4: each parameter at most once in an element.
        if (!node.isEmpty()) {
          return false;
        }
        node = pair.group(2) != null ? pair.group(2) : pair.group(3).replaceAll("\\\\(.)", "$1");
      }
      at = pair.end();
      if (!pair.group(4).equals(";")) {
        entries.add(node);
        node = "";
      }
      if (pair.group(4).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Returns an address without its port; null for {@code unknown}, a hidden or a wrong one. */
  private static String address(String entry) {
    if (AddressRange.isAddress(entry) && !entry.startsWith("[")) {
      return entry;
    }
    Matcher node = NODE.matcher(entry);
    if (!node.matches()) {
      return null;
    }
    String address = node.group(1) != null ? node.group(1) : node.group(2);
    return AddressRange.isAddress(address) ? address : null;
  }
}
