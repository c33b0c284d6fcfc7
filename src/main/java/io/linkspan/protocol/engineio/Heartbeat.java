package io.linkspan.protocol.engineio;

/** Tells a silent client from a living one. Milliseconds throughout; belongs to the session. */
sealed interface Heartbeat {

  static Heartbeat of(Generation generation, EngineConfig config, long now) {
    long interval = config.pingInterval().toMillis();
    long timeout = config.pingTimeout().toMillis();
    return generation == Generation.V4
        ? new ServerPings(interval, timeout, now)
        : new ClientPings(interval + timeout, now);
  }

  /** Notes a packet; {@code pong} when it answers a ping. */
  void received(boolean pong, long now);

  /** Returns whether a ping must be sent now; it counts as sent from here on. */
  boolean pingDue(long now);

  boolean expired(long now);

  /**
   * When the last ping was sent that has been answered: the client has read all that was sent
   * before it. {@link Long#MIN_VALUE} when none was.
   */
  long answeredPing();

  /** Returns when {@link #pingDue} or {@link #expired} changes next. */
  long nextDeadline();

  /**
   * Engine.IO 4.
   *
   * <pre>
   *            interval elapsed             another packet
   *   QUIET ────────────────────► PINGED ──────────────────► STRETCHED
   *     ▲                            │ timeout elapsed           │ timeout elapsed
   *     ├──────────── pong ──────────┼───────────────────────────┤
   *                                  └────────► expired ◄────────┘
   * </pre>
   */
  final class ServerPings implements Heartbeat {
    private enum State {
      QUIET,
      PINGED,
      STRETCHED
    }

    private final long interval;
    private final long timeout;
    private State state = State.QUIET;
    private long deadline;
    private long pinged = Long.MIN_VALUE;
    private long answered = Long.MIN_VALUE;

    ServerPings(long interval, long timeout, long now) {
      this.interval = interval;
      this.timeout = timeout;
      this.deadline = now + interval;
    }

    @Override
    public void received(boolean pong, long now) {
      if (pong) {
        answered = pinged;
        state = State.QUIET;
        deadline = now + interval;
      } else if (state == State.PINGED) {
        // A big upload may hold the pong back, so other traffic buys time: once.
        state = State.STRETCHED;
        deadline = now + timeout;
      }
    }

    @Override
    public boolean pingDue(long now) {
      if (state != State.QUIET || now < deadline) {
        return false;
      }
      state = State.PINGED;
      pinged = now;
      // Counted from when the ping was due, so that a late timer does not keep the dead alive; but
      // a process that was paused for long must still leave its clients time to answer.
      deadline = Math.max(deadline + timeout, now + timeout / 2);
      return true;
    }

    @Override
    public boolean expired(long now) {
      return state != State.QUIET && now >= deadline;
    }

    @Override
    public long answeredPing() {
      return answered;
    }

    @Override
    public long nextDeadline() {
      return deadline;
    }
  }

  /** Engine.IO 3: any packet will do, a client that talks is alive. */
  final class ClientPings implements Heartbeat {
    private final long allowance;
    private long deadline;

    ClientPings(long allowance, long now) {
      this.allowance = allowance;
      this.deadline = now + allowance;
    }

    @Override
    public void received(boolean pong, long now) {
      deadline = now + allowance;
    }

    @Override
    public boolean pingDue(long now) {
      return false;
    }

    @Override
    public boolean expired(long now) {
      return now >= deadline;
    }

    @Override
    public long answeredPing() {
      return Long.MIN_VALUE;
    }

    @Override
    public long nextDeadline() {
      return deadline;
    }
  }
}
