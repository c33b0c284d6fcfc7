package io.linkspan.upstream;

import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Decides whether a service counts as unavailable. Pure: times are milliseconds of any monotonic
 * clock.
 *
 * <pre>
 *             enough failures, or trip()
 *     CLOSED ───────────────────────────► OPEN ◄───────────┐
 *        ▲                                 │ pause is over, │ the probe
 *        │                                 ▼ a probe starts │ failed
 *        └──────── the probe succeeded ── HALF_OPEN ────────┘
 * </pre>
 *
 * <p>The libraries that were considered use timers of their own or do not tell when they allow a
 * probe, which held Messages depend on.
 */
public final class CircuitBreaker {

  /** Whether a service is called. */
  public enum State {
    CLOSED,
    OPEN,
    HALF_OPEN;

    /** Returns the name used in metrics. */
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

  public CircuitBreaker(PipelineConfig.Breaker config, RandomGenerator random) {
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

  /** Returns when the next probe may start; {@link Long#MAX_VALUE} unless the breaker is open. */
  long probeAt() {
    return state == State.OPEN ? probeAt : Long.MAX_VALUE;
  }

  /** Returns the milliseconds after which a client may retry. */
  public long retryAfter(long now) {
    return state == State.OPEN ? Math.max(1, probeAt - now) : config.pause().toMillis();
  }

  /** Returns how often it went from closed to open. */
  long opened() {
    return opened;
  }

  /** Returns whether an attempt may start. */
  public boolean permits(long now) {
    return state == State.CLOSED || (state == State.OPEN && now >= probeAt);
  }

  /**
   * Records the start of an attempt that was permitted.
   *
   * @return whether it is a probe, whose outcome must be reported to {@link #probed}
   */
  public boolean begin() {
    if (state == State.CLOSED) {
      return false;
    }
    state = State.HALF_OPEN;
    return true;
  }

  /**
   * Records the outcome of an attempt that was not a probe. Ignored while the breaker is not
   * closed, because the attempt started before it opened.
   */
  public void record(boolean success, long now) {
    if (state != State.CLOSED) {
      return;
    }
    failures = (failures << 1 | (success ? 0 : 1)) & window;
    if (Long.bitCount(failures) >= config.failures()) {
      open(now);
    }
  }

  /** Records the outcome of the probe. */
  public void probed(boolean success, long now) {
    if (success) {
      state = State.CLOSED;
      failures = 0;
      pauses = 0;
    } else {
      open(now);
    }
  }

  /** Opens a closed breaker at once. */
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
