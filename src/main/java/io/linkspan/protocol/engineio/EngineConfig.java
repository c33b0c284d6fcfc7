package io.linkspan.protocol.engineio;

import java.time.Duration;

/**
 * How sessions behave.
 *
 * @param pingInterval announced: from one heartbeat to the next
 * @param pingTimeout announced: how long the answer to a ping may take, and a POST its body
 * @param upgradeTimeout how long an upgrade may take once its WebSocket is open
 * @param closeLinger how long a close by the server waits for a poll to carry it
 * @param maxPayload announced: bytes of one POST body and of one WebSocket message
 * @param maxQueuedBytes what may wait for a client that does not poll; characters of text count
 *     one, and every packet 32 more
 * @param polling HTTP long-polling is on
 * @param webSocket WebSockets are on
 * @param upgrades sessions may move from polling to a WebSocket
 * @param generation3 clients of Engine.IO 3 are let in
 * @param jsonp JSONP polling, for {@link Generation#V3} only
 * @param lenientTransport a WebSocket handshake that says {@code transport=polling} is taken for
 *     what it is (some Dart clients)
 */
public record EngineConfig(
    Duration pingInterval,
    Duration pingTimeout,
    Duration upgradeTimeout,
    Duration closeLinger,
    int maxPayload,
    long maxQueuedBytes,
    boolean polling,
    boolean webSocket,
    boolean upgrades,
    boolean generation3,
    boolean jsonp,
    boolean lenientTransport) {

  public static final EngineConfig DEFAULT =
      new EngineConfig(
          Duration.ofSeconds(25),
          Duration.ofSeconds(20),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          1_000_000,
          4_000_000,
          true,
          true,
          true,
          true,
          false,
          true);

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
    if (!polling && !webSocket) {
      throw new IllegalArgumentException("polling and webSocket are both off");
    }
  }

  boolean upgradesAllowed() {
    return webSocket && upgrades;
  }

  private static void requirePositive(String key, Duration value) {
    if (value.toMillis() < 1) {
      throw new IllegalArgumentException(key + " must be at least 1 ms: " + value);
    }
  }
}
