package io.linkspan.protocol.engineio;

import java.time.Duration;
import java.util.Set;

/**
 * Settings of Engine.IO sessions.
 *
 * @param pingInterval announced: from one heartbeat to the next
 * @param pingTimeout announced: how long the answer to a ping may take, and a POST its body
 * @param upgradeTimeout how long an upgrade may take once its WebSocket is open
 * @param closeLinger how long a close by the server waits for a poll to carry it
 * @param maxPayload announced: bytes of one POST body and of one WebSocket message
 * @param maxQueuedBytes bytes that may wait for a client that does not poll; characters of text
 *     count one, and every packet 32 more
 * @param generations that are served
 * @param jsonp whether JSONP polling is served, for {@link Generation#V3} only
 */
public record EngineConfig(
    Duration pingInterval,
    Duration pingTimeout,
    Duration upgradeTimeout,
    Duration closeLinger,
    int maxPayload,
    long maxQueuedBytes,
    Set<Generation> generations,
    boolean jsonp) {

  public static final EngineConfig DEFAULT =
      new EngineConfig(
          Duration.ofSeconds(25),
          Duration.ofSeconds(20),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          1_000_000,
          4_000_000,
          Set.of(Generation.values()),
          false);

  public EngineConfig {
    requirePositive("pingInterval", pingInterval);
    requirePositive("pingTimeout", pingTimeout);
    requirePositive("upgradeTimeout", upgradeTimeout);
    requirePositive("closeLinger", closeLinger);
    if (maxPayload < 1) {
      throw new IllegalArgumentException("maxPayload must be positive: " + maxPayload);
    }
    if (maxQueuedBytes < 1) {
      throw new IllegalArgumentException("maxQueuedBytes must be positive: " + maxQueuedBytes);
    }
    generations = Set.copyOf(generations);
    if (generations.isEmpty()) {
      throw new IllegalArgumentException("generations must not be empty");
    }
  }

  private static void requirePositive(String key, Duration value) {
    if (value.toMillis() < 1) {
      throw new IllegalArgumentException(key + " must be at least 1 ms: " + value);
    }
  }
}
