package io.linkspan.storm;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Runs a storm on the calling thread: first the good clients alone, for comparison, then the
 * clients of the kind beside them.
 *
 * <pre>
 *   QUIET ── quiet seconds over ──► STORM ── seconds over, or stopped ──► the run returns
 * </pre>
 */
public final class StormRun {

  /** A part of a run. */
  public enum Phase {
    /** The good clients run alone. */
    QUIET,
    /** The clients of the kind run beside them. */
    STORM;

    /** Returns the name that operators read. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Receives the figures of a run, on the thread that runs it. */
  public interface Listener {

    /**
     * Receives the figures of one second.
     *
     * @param second the first of a phase is 1
     * @param figures of this second, as {@link StormCounts#toJson} returns them
     * @param total of the phase up to now
     */
    void second(Phase phase, int second, JsonObject figures, JsonObject total);
  }

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final StormPlan plan;
  private final int quietSeconds;
  private volatile boolean stopped;
  private JsonObject quiet = StormCounts.none();
  private JsonObject storm = StormCounts.none();

  /**
   * @param quietSeconds how long the good clients run alone; 0 for not at all
   */
  public StormRun(StormPlan plan, int quietSeconds) {
    this.plan = plan;
    this.quietSeconds = quietSeconds;
  }

  /**
   * Runs until the time of the plan is over or {@link #stop} is called. All clients are closed at
   * the end.
   *
   * @throws IOException when no further socket can be opened
   */
  public void run(Listener listener) throws IOException {
    try (var lab = new StormLab(plan)) {
      quiet = run(Phase.QUIET, lab, quietSeconds, listener);
      if (!stopped) {
        lab.begin();
        storm = run(Phase.STORM, lab, (int) plan.duration().toSeconds(), listener);
      }
    }
  }

  /** Ends the run soon. May be called on any thread, and before the run begins. */
  public void stop() {
    stopped = true;
  }

  /** Returns the figures of all of the quiet time. */
  public JsonObject quiet() {
    return quiet;
  }

  /** Returns the figures of all of the storm. */
  public JsonObject storm() {
    return storm;
  }

  private JsonObject run(Phase phase, StormLab lab, int length, Listener listener)
      throws IOException {
    var all = new StormCounts();
    JsonObject total = StormCounts.none();
    long start = System.nanoTime();
    long last = start;
    long lastCpu = THREADS.getCurrentThreadCpuTime();
    for (int second = 1; second <= length && !stopped; second++) {
      long end = start + second * SECOND_NANOS;
      while (System.nanoTime() < end && !stopped) {
        lab.turn();
      }
      StormCounts counts = lab.takeCounts();
      long now = System.nanoTime();
      long cpu = THREADS.getCurrentThreadCpuTime();
      JsonObject figures =
          counts
              .toJson(seconds(last, now), lab.open())
              .put("generatorPercent", Math.round(100.0 * (cpu - lastCpu) / (now - last)));
      last = now;
      lastCpu = cpu;
      all.add(counts);
      total = all.toJson(seconds(start, now), lab.open());
      listener.second(phase, second, figures, total);
    }
    return total;
  }

  private static double seconds(long start, long now) {
    return (double) Math.max(now - start, 1) / SECOND_NANOS;
  }
}
