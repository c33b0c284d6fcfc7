package io.linkspan.protocol.engineio;

import java.time.Duration;

/** Configurations for tests: quick heartbeats, small limits, everything on. */
public final class EngineConfigs {
  public static final EngineConfig QUICK = of(1_000_000, 4_000_000, true, true, true, true, true);

  private EngineConfigs() {}

  static EngineConfig limits(int payload, long queued) {
    return of(payload, queued, true, true, true, true, true);
  }

  static EngineConfig transports(boolean polling, boolean webSocket, boolean upgrades) {
    return of(1_000_000, 4_000_000, polling, webSocket, upgrades, true, true);
  }

  static EngineConfig old(boolean generation3, boolean jsonp) {
    return of(1_000_000, 4_000_000, true, true, true, generation3, jsonp);
  }

  private static EngineConfig of(
      int payload,
      long queued,
      boolean polling,
      boolean webSocket,
      boolean upgrades,
      boolean generation3,
      boolean jsonp) {
    return new EngineConfig(
        Duration.ofMillis(300),
        Duration.ofMillis(200),
        Duration.ofMillis(1_000),
        Duration.ofSeconds(30),
        payload,
        queued,
        polling,
        webSocket,
        upgrades,
        generation3,
        jsonp,
        true);
  }
}
