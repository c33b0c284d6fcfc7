package io.linkspan.upstream;

import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Decides whether a service counts as away. Pure: times are milliseconds of any monotonic clock.
 *
 * <pre>
 *             enough failures, or trip()
 *     CLOSED ───────────────────────────► OPEN ◄───────────┐
 *        ▲                                 │ pause is over, │
 *        │                                 ▼ a probe begins │ it failed
 *        └──────── the probe succeeded ── HALF_OPEN ────────┘
 * </pre>
 *
 * <p>The libraries that were considered run on timers of their own or do not say when they will
 * allow a probe, and the Messages that are held have to know.
 */
final class CircuitBreaker {

  enum State {
    CLOSED,
    OPEN,
    HALF_OPEN;

    /** In metrics. */
    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final PipelineConfig.Breaker config;
  private final RandomGenerator random;
  private final long window;
  private State state = State.CLOSED;
  private long failures;
  private int pauses;
  private long opened;
  private long probeAt;

  CircuitBreaker(PipelineConfig.Breaker config, RandomGenerator random) {
    this.config = config;
    this.random = random;
    window = -1L >>> (PipelineConfig.Breaker.MAX_OF - config.of());
  }

  State state() {
    return state;
  }

  boolean closed() {
    return state == State.CLOSED;
  }

  /** When the next probe may begin; {@link Long#MAX_VALUE} while that is no question of time. */
  long probeAt() {
    return state == State.OPEN ? probeAt : Long.MAX_VALUE;
  }

  /** Milliseconds until another Message may make sense. */
  long retryAfter(long now) {
    return state == State.OPEN ? Math.max(1, probeAt - now) : config.pause().toMillis();
  }

  /** Times that it opened after it had been closed. */
  long opened() {
    return opened;
  }

  /** Whether an attempt may begin. */
  boolean permits(long now) {
    return state == State.CLOSED || (state == State.OPEN && now >= probeAt);
  }

  /**
   * An attempt that was permitted begins.
   *
   * @return whether it is a probe, which has to end with {@link #probed}
   */
  boolean begin() {
    if (state == State.CLOSED) {
      return false;
    }
    state = State.HALF_OPEN;
    return true;
  }

  /** An attempt that is no probe ended. What began before the breaker opened proves nothing. */
  void record(boolean success, long now) {
    if (state != State.CLOSED) {
      return;
    }
    failures = (failures << 1 | (success ? 0 : 1)) & window;
    if (Long.bitCount(failures) >= config.failures()) {
      open(now);
    }
  }

  /** The probe ended. */
  void probed(boolean success, long now) {
    if (success) {
      state = State.CLOSED;
      failures = 0;
      pauses = 0;
    } else {
      open(now);
    }
  }

  /** Opens it, as there is no doubt. */
  void trip(long now) {
    if (state == State.CLOSED) {
      open(now);
    }
  }

  private void open(long now) {
    if (state == State.CLOSED) {
      opened++;
    }
    state = State.OPEN;
    probeAt = now + Backoff.of(config.pause(), config.maxPause(), pauses++, random);
  }
}
