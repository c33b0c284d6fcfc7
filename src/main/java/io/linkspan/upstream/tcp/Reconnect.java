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

  /** Wants to be opened at once. */
  Reconnect(Duration pause, Duration maxPause, RandomGenerator random) {
    this.pause = pause;
    this.maxPause = maxPause;
    this.random = random;
  }

  /** Whether to begin to open it now; if so, it is being opened. */
  boolean begin(long now) {
    if (state != State.DOWN || now < connectAt) {
      return false;
    }
    state = State.CONNECTING;
    begun = now;
    return true;
  }

  /** It is open. */
  void opened() {
    state = State.UP;
  }

  /** Something came on it: it is of use, and the pauses begin anew. */
  void proven() {
    failures = 0;
  }

  /** It could not be opened, or was lost. */
  void down(long now) {
    state = State.DOWN;
    connectAt = now + Backoff.of(pause, maxPause, failures++, random);
  }

  /** Somebody waits: no longer than the shortest pause since the last time. */
  void hurry() {
    if (state == State.DOWN && begun != Long.MIN_VALUE) {
      connectAt = Math.min(connectAt, begun + pause.toMillis());
    }
  }

  /** When to call {@link #begin} next; {@link Long#MAX_VALUE} is not now. */
  long nextDeadline() {
    return state == State.DOWN ? connectAt : Long.MAX_VALUE;
  }
}
