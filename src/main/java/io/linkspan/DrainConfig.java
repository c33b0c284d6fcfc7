package io.linkspan;

import io.linkspan.config.ConfigNode;
import java.time.Duration;

/**
 * Settings of the drain of a node.
 *
 * @param timeout from the signal to the end of the process
 * @param batch clients that are disconnected at once
 * @param pause between two batches
 */
public record DrainConfig(Duration timeout, int batch, Duration pause) {

  /** Reads the section {@code drain}. */
  static DrainConfig read(ConfigNode drain) {
    return new DrainConfig(
        drain.duration("timeout", Duration.ofSeconds(1)),
        drain.count("batch", 1),
        drain.duration("pause"));
  }
}
