package io.linkspan.presence;

import io.linkspan.delivery.ShardBus;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.ShardCall;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/**
 * Keeps another shard up to date with one call at a time. What changes meanwhile is in the next
 * call, and a call that fails is followed by one that does not depend on it. Used only on one event
 * loop.
 *
 * <pre>
 *             wake                content
 *   IDLE ─────────────► DUE ─────────────────► SENT
 *    ▲                  │ ▲                     │
 *    └──────────────────┘ ├─────────────────────┤ confirmed
 *         no content      └──── pause ◄─────────┘ failed
 * </pre>
 *
 * <p>From every state, {@link #close} leads to CLOSED.
 */
final class CallChannel {

  /** Makes the calls. */
  interface Content {

    /** Returns the next call; null when the other shard is up to date. */
    ShardCall next();

    /** The last call has done what it says. */
    void confirmed();

    /**
     * The last call has no positive answer, and may have arrived.
     *
     * @param absent whether the other shard has not started, or has ended
     */
    void failed(boolean absent);
  }

  private enum State {
    IDLE,
    DUE,
    SENT,
    CLOSED
  }

  /** For an answer; milliseconds. */
  static final long TIMEOUT = 5_000;

  /** Between the first failed call and the next one; milliseconds. It doubles with each failure. */
  static final long RETRY = 250;

  /** Longest time between two calls that fail; milliseconds. */
  static final long MAX_RETRY = 8_000;

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final String address;
  private final Content content;
  private State state = State.IDLE;
  private long retry = RETRY;

  /**
   * Creates an idle channel.
   *
   * @param address of the other shard
   */
  CallChannel(ShardBus bus, Scheduler scheduler, String address, Content content) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.address = address;
    this.content = content;
  }

  /** There may be content: it is sent at the end of this turn of the event loop. */
  void wake() {
    if (state == State.IDLE) {
      state = State.DUE;
      scheduler.defer(this::send);
    }
  }

  /** Returns whether nothing is in flight or about to be sent. */
  boolean isIdle() {
    return state == State.IDLE;
  }

  /** Ends the channel; answers to its last call are ignored. */
  void close() {
    state = State.CLOSED;
  }

  private void send() {
    if (state != State.DUE) {
      return;
    }
    ShardCall call = content.next();
    if (call == null) {
      state = State.IDLE;
      return;
    }
    state = State.SENT;
    bus.call(address, call, TIMEOUT)
        .onComplete(
            reply -> answered(reply.getConfirm().getStands(), false),
            failure -> answered(false, isAbsent(failure)));
  }

  private void answered(boolean stands, boolean absent) {
    if (state != State.SENT) {
      return;
    }
    state = State.DUE;
    if (stands) {
      retry = RETRY;
      content.confirmed();
      send();
    } else {
      content.failed(absent);
      scheduler.schedule(retry, this::send);
      retry = Math.min(2 * retry, MAX_RETRY);
    }
  }

  private static boolean isAbsent(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }
}
