package io.linkspan.connection;

/**
 * Decides when a quiet connection is probed and when it expires. Pure: every time is an argument,
 * in milliseconds of any monotonic clock.
 *
 * <pre>
 *            interval elapsed             a limit elapsed
 *   QUIET ────────────────────► PROBING ────────────────► EXPIRED
 *     ▲                            │
 *     └────────── received ────────┘
 * </pre>
 *
 * <p>EXPIRED is reached from QUIET as well, by the writer's or the all-idle limit.
 */
public final class Heartbeat {

  /** Action that is due in the shell. */
  public enum Action {
    NONE,
    PROBE,
    EXPIRE
  }

  private enum State {
    QUIET,
    PROBING,
    EXPIRED
  }

  private static final long NEVER = Long.MAX_VALUE;

  /** Number of times that a blocked writer is checked within its limit. */
  private static final int WRITER_SAMPLES = 4;

  private final HeartbeatConfig config;
  private State state = State.QUIET;
  private long lastReceived;
  private long lastMessage;
  private long lastProgress = NEVER;
  private long nextSample = NEVER;

  public Heartbeat(HeartbeatConfig config, long now) {
    this.config = config;
    lastReceived = now;
    lastMessage = now;
  }

  /** Notes that something arrived from the peer. */
  public void received(long now) {
    lastReceived = now;
    if (state == State.PROBING) {
      state = State.QUIET;
    }
  }

  /** Notes a message in either direction. */
  public void message(long now) {
    lastMessage = now;
  }

  /** Notes that bytes wait because the peer does not take them, or has just taken some. */
  public void writeBlocked(long now) {
    lastProgress = now;
    nextSample = now + sampleInterval();
  }

  /** Notes that nothing waits to be written. */
  public void writeFree() {
    lastProgress = NEVER;
    nextSample = NEVER;
  }

  /** Returns whether the shell must report the writer's progress before {@link #advanceTo}. */
  public boolean watchesWriter() {
    return lastProgress != NEVER;
  }

  /** Returns what is due at {@code now}; a probe is due once per quiet interval. */
  public Action advanceTo(long now) {
    if (state == State.EXPIRED) {
      return Action.NONE;
    }
    if (now >= expiresAt()) {
      state = State.EXPIRED;
      return Action.EXPIRE;
    }
    if (now >= nextSample) {
      nextSample = now + Math.max(1, sampleInterval());
    }
    if (state == State.QUIET && now >= probesAt()) {
      state = State.PROBING;
      return Action.PROBE;
    }
    return Action.NONE;
  }

  /** Returns when to call {@link #advanceTo} next; {@link Long#MAX_VALUE} is never. */
  public long nextDeadline() {
    return switch (state) {
      case QUIET -> Math.min(probesAt(), Math.min(expiresAt(), nextSample));
      case PROBING -> Math.min(expiresAt(), nextSample);
      case EXPIRED -> NEVER;
    };
  }

  private long sampleInterval() {
    return config.writerIdle().toMillis() / WRITER_SAMPLES;
  }

  private long probesAt() {
    return lastReceived + config.interval().toMillis();
  }

  private long expiresAt() {
    long expiry = lastReceived + config.readerIdle().toMillis();
    if (lastProgress != NEVER) {
      expiry = Math.min(expiry, lastProgress + config.writerIdle().toMillis());
    }
    if (!config.allIdle().isZero()) {
      expiry = Math.min(expiry, lastMessage + config.allIdle().toMillis());
    }
    return expiry;
  }
}
