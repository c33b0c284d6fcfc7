package io.linkspan.log;

import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.Map;

/**
 * Settings of the store of logs.
 *
 * @param total bytes in the memory of this node, at most
 * @param expire time from one removal of expired entries to the next
 */
public record StoreConfig(Kind kind, int total, Duration expire, PostgresConfig postgres) {

  /** Kind of a store. */
  public enum Kind {
    MEMORY,
    HAZELCAST,
    POSTGRES
  }

  /**
   * Reads the section {@code store}.
   *
   * @param cluster whether this node is one of a cluster
   */
  public static StoreConfig read(ConfigNode store, boolean cluster) {
    Kind kind =
        store.choice(
            "kind",
            Map.of(
                "auto",
                cluster ? Kind.HAZELCAST : Kind.MEMORY,
                "memory",
                Kind.MEMORY,
                "hazelcast",
                Kind.HAZELCAST,
                "postgres",
                Kind.POSTGRES));
    if (kind == Kind.HAZELCAST && !cluster) {
      store.reject("kind", "auto, memory or postgres, as cluster.enabled is false");
    }
    if (kind == Kind.MEMORY && cluster) {
      // The node of a sender would keep what the node of the user looks for.
      store.reject("kind", "auto, hazelcast or postgres, as cluster.enabled is true");
    }
    return new StoreConfig(
        kind,
        store.size("total", 1 << 10),
        store.duration("expire", Duration.ofMillis(100), Duration.ofHours(1)),
        PostgresConfig.read(store.section("postgres"), kind == Kind.POSTGRES));
  }
}
