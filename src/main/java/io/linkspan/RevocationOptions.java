package io.linkspan;

import io.linkspan.api.Revocation.Kind;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options of the commands that revoke and block. */
final class RevocationOptions {

  private RevocationOptions() {}

  /** The tokens that are revoked. */
  static final class Tokens {
    @Option(names = "--jti", paramLabel = "ID", description = "the token with this id")
    private String id;

    @Option(names = "--user", paramLabel = "NAME", description = "the tokens of this user")
    private String user;

    Kind kind() {
      return id != null ? Kind.TOKEN : Kind.TOKENS;
    }

    String value() {
      return id != null ? id : user;
    }
  }

  /** The clients that are blocked. */
  static final class Blocked {
    @Option(names = "--user", paramLabel = "NAME", description = "the clients of this user")
    private String user;

    @Option(
        names = "--network",
        paramLabel = "CIDR",
        description = "the clients of this network or address")
    private String network;

    Kind kind() {
      return user != null ? Kind.USER : Kind.NETWORK;
    }

    String value() {
      return user != null ? user : network;
    }
  }

  /** The entry that is removed. */
  static final class Entry {
    @ArgGroup private Blocked blocked;

    @Option(names = "--id", paramLabel = "ID", description = "the entry with this id")
    private String id;

    int removeBy(RevocationCommands commands) {
      return id != null ? commands.remove(id) : commands.remove(blocked.kind(), blocked.value());
    }
  }

  /** The end of an entry. */
  static final class End {
    @Option(names = "--for", paramLabel = "TIME", description = "ends after 30s, 10m, 1h or 7d")
    private String duration;

    @Option(
        names = "--until",
        paramLabel = "TIME",
        description = "ends at a time such as 2030-01-31T12:00:00Z")
    private String time;

    /** Returns the option {@code --for} of a group that may be null. */
    static String duration(End end) {
      return end == null ? null : end.duration;
    }

    /** Returns the option {@code --until} of a group that may be null. */
    static String time(End end) {
      return end == null ? null : end.time;
    }
  }
}
