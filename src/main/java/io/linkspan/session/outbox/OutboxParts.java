package io.linkspan.session.outbox;

import io.linkspan.api.MessageException;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.trace.Step;
import io.linkspan.trace.Timeline;
import io.linkspan.wire.Pending;

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

  /**
   * Returns a delivery that an outbox takes now.
   *
   * @param waits whether the client is away
   */
  PendingDelivery delivery(
      PendingDelivery.Owner outbox,
      long number,
      Outgoing outgoing,
      DeliveryCallback callback,
      boolean waits) {
    var delivery = new PendingDelivery(outbox, number, outgoing, callback, timeouts.nanoTime());
    delivery.waited = waits;
    return delivery;
  }

  /** Returns a delivery that another outbox had before. */
  PendingDelivery restored(
      PendingDelivery.Owner outbox, long number, Pending before, DeliveryCallback callback) {
    return PendingDelivery.of(outbox, number, before, callback, timeouts.nanoTime());
  }

  /** Records that the client of a session has acknowledged a delivery. */
  void acknowledged(PendingDelivery delivery, String session) {
    long now = timeouts.nanoTime();
    metrics.latency().acknowledged(delivery, now);
    timeline.recordAt(now, Step.ACKNOWLEDGED, delivery.message(), session);
  }

  /** Returns whether a Message fails, since memory is short. */
  boolean drops(Outgoing outgoing) {
    MemoryLevel level = memory.level();
    return level.compareTo(MemoryLevel.SHEDDING) >= 0
        && (level == MemoryLevel.FULL || outgoing.isVolatile());
  }
}
