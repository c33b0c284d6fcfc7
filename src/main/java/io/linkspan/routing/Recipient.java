package io.linkspan.routing;

import io.linkspan.translate.MethodTranslator;
import java.util.Locale;

/**
 * The recipient that a Message's {@code to} names: {@code user:x}, {@code group:x}, {@code
 * session:x} or {@code service:x}. A name without one of these prefixes is a user. An empty {@code
 * to} names no recipient. The {@code to} of a method call is always a channel.
 *
 * @param address in full, such as {@code user:bob}; routes are matched against it
 */
public record Recipient(Kind kind, String name, String address) {

  /** Kind of a recipient. */
  public enum Kind {
    UNADDRESSED(""),
    USER("user:"),
    GROUP("group:"),
    SESSION("session:"),
    SERVICE("service:"),
    CHANNEL("");

    private final String prefix;
    private final String label = name().toLowerCase(Locale.ROOT);

    Kind(String prefix) {
      this.prefix = prefix;
    }

    /** Returns the name of the kind, such as {@code user}. */
    public String label() {
      return label;
    }

    public String prefix() {
      return prefix;
    }
  }

  private static final Recipient UNADDRESSED = new Recipient(Kind.UNADDRESSED, "", "");
  private static final Kind[] ADDRESSED = {Kind.USER, Kind.GROUP, Kind.SESSION, Kind.SERVICE};

  /** Returns the recipient that is one session, by its public id. */
  public static Recipient ofSession(String id) {
    return new Recipient(Kind.SESSION, id, Kind.SESSION.prefix.concat(id));
  }

  /** Returns the recipient that is the members of a group. */
  public static Recipient ofGroup(String name) {
    return new Recipient(Kind.GROUP, name, Kind.GROUP.prefix.concat(name));
  }

  /** Returns the recipient of a client's Message; the type of the Message may be a method call. */
  public static Recipient of(String to, String type) {
    return type.equals(MethodTranslator.TYPE) ? new Recipient(Kind.CHANNEL, to, to) : of(to);
  }

  /** Returns the recipient of a Message that is not a method call. */
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
