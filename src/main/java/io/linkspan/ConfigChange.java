package io.linkspan;

import io.linkspan.config.ConfigException;
import io.linkspan.config.ConfigTree;
import java.util.ArrayList;
import java.util.List;

/**
 * The difference between the configuration in force and the one that was read again.
 *
 * @param config the settings to put into force: what needs a restart is as before
 * @param changed keys whose changes come into force
 * @param restart keys that differ and need a restart
 */
record ConfigChange(GatewayConfig config, List<String> changed, List<String> restart) {

  private static final String TOKEN_KEY = "auth.jwt.key";

  /**
   * Reads the configuration again.
   *
   * @throws ConfigException with every problem; nothing may change then
   */
  static ConfigChange of(GatewayConfig inForce) throws ConfigException {
    ConfigTree read = inForce.tree().readAgain();
    GatewayConfig whole = GatewayConfig.read(read, inForce.upstreams());
    List<String> changed = new ArrayList<>(read.differencesFrom(inForce.tree()));
    List<String> restart = changed.stream().filter(key -> !ReloadableKeys.contains(key)).toList();
    changed.removeAll(restart);
    if (!changed.contains(TOKEN_KEY)
        && !whole.auth().jwt().key().equals(inForce.auth().jwt().key())) {
      // The key names a file whose contents have changed.
      changed.add(TOKEN_KEY);
    }
    GatewayConfig config = restart.isEmpty() ? whole : mixed(read, inForce, restart);
    return new ConfigChange(config, List.copyOf(changed), restart);
  }

  /** A change may be valid only together with another one that needs a restart. */
  private static GatewayConfig mixed(ConfigTree read, GatewayConfig inForce, List<String> restart)
      throws ConfigException {
    try {
      return GatewayConfig.read(read.with(inForce.tree(), restart), inForce.upstreams());
    } catch (ConfigException e) {
      List<String> problems = new ArrayList<>();
      problems.add(
          "the file is valid, but not without a restart, which these keys need: "
              + String.join(", ", restart));
      problems.addAll(e.problems());
      throw new ConfigException(problems);
    }
  }
}
