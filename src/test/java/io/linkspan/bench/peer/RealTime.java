package io.linkspan.bench.peer;

import java.io.IOException;

/**
 * Lets the threads of this process, a measuring client, run before those of any server for as long
 * as it is open: the client stands for machines of their own. Linux permits that to root; without
 * the permission the scheduling stays as it is.
 */
public final class RealTime implements AutoCloseable {

  private final boolean granted;

  private RealTime(boolean granted) {
    this.granted = granted;
  }

  /** Begins; applies to the present threads and those that they start. */
  public static RealTime begin() throws IOException {
    return new RealTime(schedule("--fifo", 1));
  }

  /** Returns whether Linux permitted it. */
  public boolean granted() {
    return granted;
  }

  @Override
  public void close() throws IOException {
    if (granted) {
      schedule("--other", 0);
    }
  }

  private static boolean schedule(String policy, int priority) throws IOException {
    String pid = Long.toString(ProcessHandle.current().pid());
    return new ProcessBuilder(
                "chrt", "--all-tasks", policy, "--pid", Integer.toString(priority), pid)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .onExit()
            .join()
            .exitValue()
        == 0;
  }
}
