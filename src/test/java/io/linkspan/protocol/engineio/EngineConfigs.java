package io.linkspan.protocol.engineio;

import java.time.Duration;
import java.util.Set;

/** Configurations for tests: quick heartbeats, small limits, everything on. */
public final class EngineConfigs {
  public static final EngineConfig QUICK =
      of(1_000_000, 4_000_000, Set.of(Generation.values()), true);

  private EngineConfigs() {}

  static EngineConfig limits(int payload, long queued) {
    return of(payload, queued, Set.of(Generation.values()), true);
  }

  static EngineConfig serving(boolean jsonp, Generation... generations) {
    return of(1_000_000, 4_000_000, Set.of(generations), jsonp);
  }

  private static EngineConfig of(
      int payload, long queued, Set<Generation> generations, boolean jsonp) {
    return new EngineConfig(
        Duration.ofMillis(300),
        Duration.ofMillis(200),
        Duration.ofMillis(1_000),
        Duration.ofSeconds(30),
        payload,
        queued,
        generations,
        jsonp);
  }
}
