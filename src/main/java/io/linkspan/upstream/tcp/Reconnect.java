package io.linkspan.upstream.tcp;

import io.linkspan.upstream.Backoff;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Decides when a link is opened. Pure: times are milliseconds of any monotonic clock.
 *
 * <pre>
 *            pause is over                  opened
 *   DOWN ───────────────────► CONNECTING ───────────► UP
 *    ▲                             │ not opened        │ lost
 *    └─────────────────────────────┴───────────────────┘
 * </pre>
 */
final class Reconnect {

  private enum State {
    DOWN,
    CONNECTING,
    UP
  }

  private final Duration pause;
  private final Duration maxPause;
  private final RandomGenerator random;
  private State state = State.DOWN;
  private int failures;
  private long begun = Long.MIN_VALUE;
  private long connectAt = Long.MIN_VALUE;

  /** Creates the state of a link that is to be opened at once. */
  Reconnect(Duration pause, Duration maxPause, RandomGenerator random) {
    this.pause = pause;
    this.maxPause = maxPause;
    this.random = random;
  }

  /**
   * Starts an attempt to open the link, if one is due.
   *
   * @return whether the caller must open it now
   */
  boolean begin(long now) {
    if (state != State.DOWN || now < connectAt) {
      return false;
    }
    state = State.CONNECTING;
    begun = now;
    return true;
  }

  /** Records that the link is open. */
  void opened() {
    state = State.UP;
  }

  /** Records that something was received on the link, which resets the pauses. */
  void proven() {
    failures = 0;
  }

  /** Records that the link was lost or could not be opened. */
  void down(long now) {
    state = State.DOWN;
    connectAt = now + Backoff.of(pause, maxPause, failures++, random);
  }

  /**
   * Brings the next attempt forward, because a Message waits. It is not earlier than the shortest
   * pause after the previous attempt.
   */
  void hurry() {
    if (state == State.DOWN && begun != Long.MIN_VALUE) {
      connectAt = Math.min(connectAt, begun + pause.toMillis());
    }
  }

  /** Returns when to call {@link #begin}; {@link Long#MAX_VALUE} while the link is not down. */
  long nextDeadline() {
    return state == State.DOWN ? connectAt : Long.MAX_VALUE;
  }
}
