package io.linkspan.routing;

import io.linkspan.translate.MethodTranslator;

/**
 * Whom a Message's {@code to} means: {@code user:x}, {@code group:x}, {@code session:x}, {@code
 * service:x}; a name without one of these prefixes is a user; empty is nobody in particular. The
 * {@code to} of a method call is a channel, whatever it looks like.
 *
 * @param address in full, such as {@code user:bob}; what routes are matched against
 */
public record Recipient(Kind kind, String name, String address) {

  /** What kind of thing is addressed. */
  public enum Kind {
    UNADDRESSED(""),
    USER("user:"),
    GROUP("group:"),
    SESSION("session:"),
    SERVICE("service:"),
    CHANNEL("");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }

    public String prefix() {
      return prefix;
    }
  }

  private static final Recipient UNADDRESSED = new Recipient(Kind.UNADDRESSED, "", "");
  private static final Kind[] ADDRESSED = {Kind.USER, Kind.GROUP, Kind.SESSION, Kind.SERVICE};

  /** One session, by its public id. */
  public static Recipient ofSession(String id) {
    return new Recipient(Kind.SESSION, id, Kind.SESSION.prefix.concat(id));
  }

  /** Whom a client's Message means, whose type can make {@code to} a channel. */
  public static Recipient of(String to, String type) {
    return type.equals(MethodTranslator.TYPE) ? new Recipient(Kind.CHANNEL, to, to) : of(to);
  }

  /** Whom a Message means that is no method call. */
  public static Recipient of(String to) {
    if (to.isEmpty()) {
      return UNADDRESSED;
    }
    for (Kind kind : ADDRESSED) {
      if (to.startsWith(kind.prefix)) {
        return new Recipient(kind, to.substring(kind.prefix.length()), to);
      }
    }
    return new Recipient(Kind.USER, to, Kind.USER.prefix.concat(to));
  }
}
