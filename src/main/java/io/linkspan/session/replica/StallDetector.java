package io.linkspan.session.replica;

import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import java.util.function.LongConsumer;

/**
 * Detects that the event loop stood still: a frozen process, a paused virtual machine, a long
 * garbage collection. Other nodes may have given up this one meanwhile, so the loop must find out
 * before it does anything else. Used only on the event loop that it watches.
 */
public final class StallDetector {

  private static final long PULSE_MS = 1_000;

  /** After a pause of this length, other nodes may have given up this one; milliseconds. */
  static final long PAUSE_MS = 3_000;

  private final Scheduler scheduler;
  private final LongConsumer onStall;
  private final DeadlineTimer pulse;
  private long lastPulse;

  /**
   * Starts to watch the calling event loop.
   *
   * @param onStall receives the length of the pause in milliseconds, before anything else is done
   */
  public StallDetector(Scheduler scheduler, LongConsumer onStall) {
    this.scheduler = scheduler;
    this.onStall = onStall;
    pulse = new DeadlineTimer(scheduler, this::pulse);
    lastPulse = scheduler.now();
    pulse.arm(lastPulse + PULSE_MS);
  }

  /** Ends the watch. */
  public void stop() {
    pulse.cancel();
  }

  /**
   * Reports a pause that has just ended; to be called once where a bus message, a client's frame or
   * news of the cluster enters the shard, which may happen before the loop's timers run.
   */
  public void check() {
    long now = scheduler.now();
    long pause = now - lastPulse;
    if (pause > PAUSE_MS) {
      lastPulse = now;
      onStall.accept(pause);
    }
  }

  private void pulse() {
    check();
    lastPulse = scheduler.now();
    pulse.arm(lastPulse + PULSE_MS);
  }
}
