package io.linkspan.rebalance;

import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.Map;

/**
 * Settings of the rebalance of clients over the nodes.
 *
 * @param automatic whether one begins after nodes have joined or left, or on request only
 * @param settle without a join or leave before an automatic one begins
 * @param band percent of the mean by which a node may differ from it
 * @param batch clients of all nodes that are asked to reconnect in one round
 * @param pause between two rounds
 * @param jitter longest time that a client waits before it reconnects; each draws its own
 * @param maxDelay a round asks no client while an event loop answers later than this
 * @param maxGap a round asks no client while the 99th percentile of the times without a link of
 *     those asked before is longer
 */
public record RebalanceConfig(
    boolean automatic,
    Duration settle,
    int band,
    int batch,
    Duration pause,
    Duration jitter,
    Duration maxDelay,
    Duration maxGap) {

  private static final int MAX_BAND = 100;
  private static final int MAX_BATCH = 10_000;
  private static final Duration MIN_PAUSE = Duration.ofMillis(100);
  private static final Duration MAX_JITTER = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Reads the section {@code rebalance}. */
  public static RebalanceConfig read(ConfigNode rebalance) {
    return new RebalanceConfig(
        "auto".equals(rebalance.choice("mode", Map.of("manual", "manual", "auto", "auto"))),
        rebalance.duration("settle", Duration.ofMillis(1), LONGEST),
        rebalance.count("band", 1, MAX_BAND),
        rebalance.count("batch", 1, MAX_BATCH),
        rebalance.duration("pause", MIN_PAUSE, LONGEST),
        rebalance.duration("jitter", Duration.ofMillis(1), MAX_JITTER),
        rebalance.duration("maxDelay", Duration.ofMillis(1), LONGEST),
        rebalance.duration("maxGap", Duration.ofMillis(1), LONGEST));
  }
}
