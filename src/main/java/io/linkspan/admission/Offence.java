package io.linkspan.admission;

import java.util.Locale;

/** Lists what a client may do a few times, and not often. */
public enum Offence {
  /** Connects, whether it is admitted or not. */
  CONNECT("connects"),
  /** Sends what cannot be understood, or breaks the rules of its protocol. */
  MALFORMED("malformed frames"),
  /** Sends or joins what it has no permission or no route for. */
  FORBIDDEN("forbidden messages"),
  /** States an identity that is missing or cannot be verified, or that a service refuses. */
  UNAUTHENTICATED("failed authentications");

  private final String label = name().toLowerCase(Locale.ROOT);
  private final String plural;

  Offence(String plural) {
    this.plural = plural;
  }

  /** Returns the name in metrics and lists, such as {@code malformed}. */
  public String label() {
    return label;
  }

  /** Returns the words for several of them, such as {@code malformed frames}. */
  public String plural() {
    return plural;
  }
}
