package io.linkspan.ban;

import java.util.Locale;

/**
 * A client as offences are counted.
 *
 * @param name an IPv4 address or the /64 network of an IPv6 address, as a network with its prefix;
 *     or the verified name of a user
 */
public record Offender(Kind kind, String name) {

  /** The ways to tell clients apart. */
  public enum Kind {
    ADDRESS,
    USER;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** Returns the name in metrics, logs and lists. */
    public String label() {
      return label;
    }
  }
}
