package io.linkspan.storm;

import io.linkspan.config.ConfigNode;

/**
 * Settings of the storms that the management port starts.
 *
 * @param maxClients of a kind, and good ones, in one storm
 * @param maxSeconds length of a storm
 */
public record StormConfig(boolean enabled, int maxClients, int maxSeconds) {

  /** Reads the section {@code management.storm}. */
  public static StormConfig read(ConfigNode storm) {
    return new StormConfig(
        storm.flag("enabled"),
        storm.count("maxClients", 1, StormPlan.MAX_CLIENTS),
        storm.count("maxSeconds", 1, (int) StormPlan.MAX_DURATION.toSeconds()));
  }
}
