package io.linkspan.status;

import io.linkspan.memory.MemoryConfig;
import java.util.function.Supplier;

/**
 * A node apart from its metrics.
 *
 * @param id as in bus addresses and events
 * @param state such as {@code ready}; called on any thread
 * @param limits in force; called on any thread
 */
public record NodeFacts(
    String id, String version, Supplier<String> state, Supplier<Limits> limits) {

  /**
   * Limits that the metrics are compared with; 0 is none.
   *
   * @param connections live connections
   * @param pending links whose client has not joined yet
   * @param connectsPerAddress connects per second from one network address
   * @param connectsPerUser connects per second of one user
   */
  public record Limits(
      int connections,
      int pending,
      int connectsPerAddress,
      int connectsPerUser,
      MemoryConfig memory) {

    public Limits {
      pending = pending == Integer.MAX_VALUE ? 0 : pending;
    }
  }
}
