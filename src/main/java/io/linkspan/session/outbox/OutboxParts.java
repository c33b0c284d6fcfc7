package io.linkspan.session.outbox;

import io.linkspan.connection.Outgoing;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;

/**
 * Shared by the outboxes of a shard.
 *
 * @param memory is charged for what they hold
 */
public record OutboxParts(
    Limits limits, AckTimeouts timeouts, OutboxMetrics metrics, MemoryAccount memory) {

  /** Bounds of one outbox: Messages, their bytes, and times that each is sent before it fails. */
  public record Limits(int maxPending, long maxPendingBytes, int maxAttempts) {}

  /** Returns whether a Message fails, since memory is short. */
  boolean drops(Outgoing outgoing) {
    MemoryLevel level = memory.level();
    return level.compareTo(MemoryLevel.SHEDDING) >= 0
        && (level == MemoryLevel.FULL || outgoing.isVolatile());
  }
}
