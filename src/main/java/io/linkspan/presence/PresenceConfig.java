package io.linkspan.presence;

import io.linkspan.config.ConfigNode;

/**
 * Settings of the presence of groups.
 *
 * @param maxWatches groups that one session watches; further ones are refused as forbidden
 * @param maxUsers users of a group; the watchers of a larger one get none
 */
public record PresenceConfig(int maxWatches, int maxUsers) {

  private static final int MOST_WATCHES = 10_000;
  private static final int MOST_USERS = 1_000_000;

  /** Reads the section {@code presence}. */
  public static PresenceConfig read(ConfigNode presence) {
    return new PresenceConfig(
        presence.count("maxWatches", 0, MOST_WATCHES), presence.count("maxUsers", 1, MOST_USERS));
  }

  /**
   * Returns the number of users at which a group that was too large has shrunk enough. It is lower
   * than the bound, so that a group at its bound does not change its state at each join.
   */
  int shrunkUsers() {
    return maxUsers - maxUsers / 10;
  }
}
