package io.linkspan.time;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.ObjLongConsumer;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Logs a failure that can repeat for each client or Message: the first one at once, then one line
 * in ten seconds with the number of those that followed. May be used on any thread.
 *
 * <pre>
 *            failure: one line                 interval ends, none followed
 *   SILENT ────────────────────► COUNTING ─────────────────────────────────► SILENT
 *                                 │     ▲
 *                                 └─────┘ interval ends, some followed: one line
 * </pre>
 */
public final class RepeatedFailure {

  private enum State {
    SILENT,
    COUNTING
  }

  private static final long INTERVAL = TimeUnit.SECONDS.toMillis(10);

  private final Logger log;
  private final Level level;
  private final String what;
  private final ObjLongConsumer<Runnable> timer;
  private State state = State.SILENT;
  private long repetitions;
  private String latest;

  /**
   * Creates a log of one kind of failure.
   *
   * @param what the beginning of each line
   */
  public RepeatedFailure(Logger log, Level level, String what) {
    this(log, level, what, RepeatedFailure::runLater);
  }

  /**
   * Creates a log of one kind of failure.
   *
   * @param timer runs an action after so many milliseconds
   */
  public RepeatedFailure(Logger log, Level level, String what, ObjLongConsumer<Runnable> timer) {
    this.log = log;
    this.level = level;
    this.what = what;
    this.timer = timer;
  }

  private static void runLater(Runnable action, long millis) {
    CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(action);
  }

  /** Logs or counts a failure. */
  public void add(String cause) {
    if (begins(cause)) {
      log.atLevel(level).log("{}: {}", what, cause);
    }
  }

  /** Logs a failure with its stack trace, or counts it. */
  public void add(Throwable cause) {
    if (begins(cause.toString())) {
      log.atLevel(level).setCause(cause).log("{}", what);
    }
  }

  private synchronized boolean begins(String cause) {
    if (state == State.COUNTING) {
      repetitions++;
      latest = cause;
      return false;
    }
    state = State.COUNTING;
    timer.accept(this::endInterval, INTERVAL);
    return true;
  }

  private void endInterval() {
    long count;
    String cause;
    synchronized (this) {
      count = repetitions;
      cause = latest;
      repetitions = 0;
      latest = null;
      if (count == 0) {
        state = State.SILENT;
        return;
      }
      timer.accept(this::endInterval, INTERVAL);
    }
    log.atLevel(level)
        .log(
            "{}: {} more within {} s, the last one: {}",
            what,
            count,
            TimeUnit.MILLISECONDS.toSeconds(INTERVAL),
            cause);
  }
}
