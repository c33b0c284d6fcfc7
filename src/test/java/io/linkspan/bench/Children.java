package io.linkspan.bench;

/** Ends the processes that this JVM has started, and those that they have started, by their ids. */
final class Children {

  private Children() {}

  /** Ends all processes when this JVM ends, also by a signal. */
  static void endWithThisProcess() {
    Runtime.getRuntime().addShutdownHook(new Thread(Children::endAll, "end of the children"));
  }

  /** Ends all processes that run. */
  static void endAll() {
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
  }
}
