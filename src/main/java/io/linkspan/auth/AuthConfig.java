package io.linkspan.auth;

import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.Map;

/**
 * How clients prove who they are.
 *
 * @param anonymous whether clients that state no identity may connect
 * @param timeout for the first Message, on transports whose handshake has no identity
 * @param notice time from the notice that an identity ends to its end; zero sends none
 * @param cookie name of the cookie with a token; empty for none
 * @param jwt how tokens are verified, where they are
 */
public record AuthConfig(
    Mode mode, boolean anonymous, Duration timeout, Duration notice, String cookie, JwtConfig jwt) {

  /** The ways in which an identity is verified. */
  public enum Mode {
    /** Clients are believed. */
    NONE,
    /** A signed token proves it. */
    JWT
  }

  private static final Duration LONGEST_NOTICE = Duration.ofHours(1);
  private static final String BY_MODE = "by-mode";

  /** Returns whether clients must prove who they are. */
  public boolean verifies() {
    return mode != Mode.NONE;
  }

  /** Reads the section {@code auth}. */
  public static AuthConfig read(ConfigNode auth) {
    Mode mode = auth.choice("mode", Map.of("none", Mode.NONE, "jwt", Mode.JWT));
    if (!auth.text("cookie").matches("[\\w-]*")) {
      auth.reject("cookie", "a name of letters, digits, - and _");
    }
    return new AuthConfig(
        mode,
        anonymous(auth, mode),
        auth.duration("timeout"),
        auth.duration("notice", Duration.ZERO, LONGEST_NOTICE),
        auth.text("cookie"),
        JwtConfig.read(auth.section("jwt"), mode == Mode.JWT));
  }

  private static boolean anonymous(ConfigNode auth, Mode mode) {
    return auth.scalar("anonymous").equals(BY_MODE) ? mode == Mode.NONE : auth.flag("anonymous");
  }
}
