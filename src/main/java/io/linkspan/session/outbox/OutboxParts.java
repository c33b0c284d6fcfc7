package io.linkspan.session.outbox;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryCallbacks;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.telemetry.SpanEvent;
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

  /**
   * Bounds of one outbox.
   *
   * @param maxPending Messages
   * @param maxPendingBytes their bytes
   * @param maxAttempts times that each is sent before it fails
   * @param maxSlow Messages that wait in front of it for a slow reader
   * @param maxSlowBytes their bytes, and those of a link that the policy cut does not close
   */
  public record Limits(
      int maxPending, long maxPendingBytes, int maxAttempts, int maxSlow, long maxSlowBytes) {

    /** Returns whether a queue has room for a Message of this size. */
    boolean fit(DeliveryQueue queue, int size) {
      return queue.count() < maxPending && queue.bytes() + size <= maxPendingBytes;
    }

    /** Returns whether it would have room if it forgot what was written. */
    boolean couldFit(DeliveryQueue queue, int size) {
      return queue.count() - queue.written() < maxPending
          && (queue.written() > 0 || queue.bytes() + size <= maxPendingBytes);
    }
  }

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
    delivery.span().end();
  }

  /** Returns whether a Message fails, since memory is short. */
  boolean drops(Outgoing outgoing) {
    MemoryLevel level = memory.level();
    return level.compareTo(MemoryLevel.SHEDDING) >= 0
        && (level == MemoryLevel.FULL || outgoing.isVolatile());
  }

  /** A Message waits in the outbox of a session. */
  void held(Outgoing outgoing, String session) {
    timeline.record(Step.HELD, outgoing.message(), 0, session);
    outgoing.span().event(SpanEvent.HELD);
  }

  /** A Message was written to the link of a session. */
  void written(Outgoing outgoing, int attempt, String session) {
    timeline.record(Step.WRITTEN, outgoing.message(), attempt, session);
    outgoing.span().written(attempt);
  }

  /** The link of the client has taken a Message, which is enough. */
  static void taken(Outgoing outgoing, DeliveryCallback callback) {
    outgoing.span().end();
    DeliveryCallbacks.confirm(callback, By.TRANSPORT, null);
  }

  /** A Message cannot be delivered to a session. */
  void undelivered(
      Outgoing outgoing, MessageException why, String session, DeliveryCallback callback) {
    timeline.fail(Step.UNDELIVERED, outgoing.message(), why, session);
    outgoing.span().fail(why.code());
    DeliveryCallbacks.fail(callback, why);
  }

  /** A newer Message has taken the place of one that waits for a session. */
  void superseded(PendingDelivery delivery, String session) {
    MessageException why = Refusals.superseded();
    timeline.fail(Step.UNDELIVERED, delivery.message(), why, session);
    delivery.span().event(SpanEvent.SUPERSEDED);
    delivery.span().end();
    DeliveryCallbacks.fail(delivery.callback, why);
  }

  /** A Message leaves with its session. */
  static void moved(Outgoing outgoing) {
    outgoing.span().event(SpanEvent.MOVED);
    outgoing.span().end();
  }
}
