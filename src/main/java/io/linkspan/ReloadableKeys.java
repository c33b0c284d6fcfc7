package io.linkspan;

import java.util.List;

/** The keys whose changes come into force without a restart. All others need one. */
final class ReloadableKeys {

  /** Keys, and sections that end with a dot. */
  static final List<String> KEYS =
      List.of(
          "http.origins",
          "socketio.namespaces",
          "management.hosts",
          "management.apiKey",
          "management.storm.",
          "auth.anonymous",
          "auth.cookie",
          "auth.jwt.",
          "auth.hook.",
          "limits.",
          "bans.",
          "trace.watchers",
          "tracing.sample",
          "tracing.clients",
          "tracing.users",
          "upstream.",
          "routes",
          "permissions",
          "revocation.",
          "drain.",
          "rebalance.",
          "log.");

  /** Keys of these sections that need a restart nevertheless. */
  static final List<String> EXCEPTIONS =
      List.of("limits.writeQueue", "limits.stalled", "limits.closeTimeout", "bans.mode");

  private ReloadableKeys() {}

  /** Returns whether a change of a key comes into force without a restart. */
  static boolean contains(String key) {
    return !EXCEPTIONS.contains(key)
        && KEYS.stream()
            .anyMatch(live -> live.endsWith(".") ? key.startsWith(live) : key.equals(live));
  }
}
