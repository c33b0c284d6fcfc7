package io.linkspan.auth;

import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/**
 * How clients prove who they are.
 *
 * @param anonymous whether clients that state no identity may connect
 * @param timeout for the first Message, on transports whose handshake has no identity
 * @param notice time from the notice that an identity ends to its end; zero sends none
 * @param cookie name of the cookie with a token; empty for none
 * @param jwt how tokens are verified, where they are
 * @param hook the service that decides, where one does
 */
public record AuthConfig(
    Mode mode,
    boolean anonymous,
    Duration timeout,
    Duration notice,
    String cookie,
    JwtConfig jwt,
    HookConfig hook) {

  /** The ways in which an identity is verified. */
  public enum Mode {
    /** Clients are believed. */
    NONE,
    /** A signed token proves it. */
    JWT,
    /** A service decides. */
    HOOK,
    /** A signed token proves it, and then a service decides. */
    JWT_HOOK
  }

  private static final Duration LONGEST_NOTICE = Duration.ofHours(1);
  private static final Map<String, Mode> MODES =
      Map.of("none", Mode.NONE, "jwt", Mode.JWT, "hook", Mode.HOOK, "jwt-hook", Mode.JWT_HOOK);
  private static final String BY_MODE = "by-mode";

  /** Returns whether clients must prove who they are. */
  public boolean verifies() {
    return mode != Mode.NONE;
  }

  /** Returns whether a service decides. */
  boolean asks() {
    return mode == Mode.HOOK || mode == Mode.JWT_HOOK;
  }

  /** Returns whether tokens are verified here. */
  public boolean readsTokens() {
    return mode == Mode.JWT || mode == Mode.JWT_HOOK;
  }

  /**
   * Reads the section {@code auth}.
   *
   * @param http makes a bus address of the HTTP service that a section names
   */
  public static AuthConfig read(ConfigNode auth, Function<ConfigNode, String> http) {
    Mode mode = auth.choice("mode", MODES);
    boolean tokens = mode == Mode.JWT || mode == Mode.JWT_HOOK;
    if (!auth.text("cookie").matches("[\\w-]*")) {
      auth.reject("cookie", "a name of letters, digits, - and _");
    }
    return new AuthConfig(
        mode,
        anonymous(auth, mode),
        auth.duration("timeout"),
        auth.duration("notice", Duration.ZERO, LONGEST_NOTICE),
        auth.text("cookie"),
        JwtConfig.read(auth.section("jwt"), tokens),
        HookConfig.read(auth.section("hook"), mode == Mode.HOOK || mode == Mode.JWT_HOOK, http));
  }

  private static boolean anonymous(ConfigNode auth, Mode mode) {
    return auth.scalar("anonymous").equals(BY_MODE) ? mode == Mode.NONE : auth.flag("anonymous");
  }
}
