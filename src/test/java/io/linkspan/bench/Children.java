package io.linkspan.bench;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stores the processes that this JVM has started, so that they end with it or with their row. */
public final class Children {

  private static final Set<ProcessHandle> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Children::endAll, "end of the children"));
  }

  private Children() {}

  /** Adds a process, which is forgotten when it ends. */
  public static Process add(Process process) {
    ProcessHandle handle = process.toHandle();
    RUNNING.add(handle);
    var unused = handle.onExit().thenRun(() -> RUNNING.remove(handle));
    return process;
  }

  /** Ends all processes that run, by their ids. */
  public static void endAll() {
    RUNNING.forEach(ProcessHandle::destroyForcibly);
  }
}
