package io.linkspan.session.outbox;

import io.linkspan.api.MessageException;
import io.linkspan.connection.Outgoing;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.trace.Timeline;

/**
 * Shared by the outboxes of a shard.
 *
 * @param memory is charged for what they hold
 * @param timeline records the steps of the Messages
 */
public record OutboxParts(
    Limits limits,
    AckTimeouts timeouts,
    OutboxMetrics metrics,
    MemoryAccount memory,
    Timeline timeline) {

  /** Bounds of one outbox: Messages, their bytes, and times that each is sent before it fails. */
  public record Limits(int maxPending, long maxPendingBytes, int maxAttempts) {}

  /** Returns the failure of a Message that was sent as often as is allowed. */
  MessageException abandoned() {
    return Refusals.abandoned(limits.maxAttempts());
  }

  /** Returns whether a Message fails, since memory is short. */
  boolean drops(Outgoing outgoing) {
    MemoryLevel level = memory.level();
    return level.compareTo(MemoryLevel.SHEDDING) >= 0
        && (level == MemoryLevel.FULL || outgoing.isVolatile());
  }
}
