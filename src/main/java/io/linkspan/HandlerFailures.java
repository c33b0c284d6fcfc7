package io.linkspan;

import io.linkspan.memory.OutOfMemory;
import io.linkspan.time.RepeatedFailure;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Logs what no handler has caught: each cause once with its stack trace, and then how often it
 * repeats. A cause is a class of exceptions at one line of the code. Shared by all threads.
 */
final class HandlerFailures {

  private static final Logger LOG = LoggerFactory.getLogger(HandlerFailures.class);
  private static final String WHAT = "a handler failed";

  /** Causes that are told apart. */
  private static final int MOST = 200;

  private final Map<String, RepeatedFailure> causes = new ConcurrentHashMap<>();
  private final Supplier<RepeatedFailure> logs;
  private final RepeatedFailure others;

  HandlerFailures() {
    this(() -> new RepeatedFailure(LOG, Level.ERROR, WHAT));
  }

  /**
   * Creates a log.
   *
   * @param timer runs an action after so many milliseconds
   */
  HandlerFailures(ObjLongConsumer<Runnable> timer) {
    this(() -> new RepeatedFailure(LOG, Level.ERROR, WHAT, timer));
  }

  private HandlerFailures(Supplier<RepeatedFailure> logs) {
    this.logs = logs;
    others = logs.get();
  }

  /** Logs a failure; ends the process when memory is exhausted. */
  void add(Throwable failure) {
    OutOfMemory.endIf(failure);
    StackTraceElement[] stack = failure.getStackTrace();
    String cause = failure.getClass().getName() + (stack.length == 0 ? "" : "@" + stack[0]);
    RepeatedFailure log =
        causes.size() < MOST
            ? causes.computeIfAbsent(cause, key -> logs.get())
            : causes.getOrDefault(cause, others);
    log.add(failure);
  }
}
