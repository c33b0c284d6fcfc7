package io.linkspan.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Ends the processes that this JVM has started, and those that they have started, by their ids. */
final class Children {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int TIMES = 20;

  private static final AtomicBoolean ENDING = new AtomicBoolean();

  private Children() {}

  /**
   * Ends all processes when this JVM ends, also by a signal. A row that runs may start further ones
   * until it finds out, so it is done for a second.
   */
  static void endWithThisProcess() {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  ENDING.set(true);
                  for (int i = 0; i < TIMES; i++) {
                    endAll();
                    LockSupport.parkNanos(PAUSE_NANOS);
                  }
                },
                "end of the children"));
  }

  /** Returns whether this JVM ends, so that nothing more must be started. */
  static boolean areEnding() {
    return ENDING.get();
  }

  /** Ends all processes that run. */
  static void endAll() {
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
  }
}
