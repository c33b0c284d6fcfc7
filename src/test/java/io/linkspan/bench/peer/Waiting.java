package io.linkspan.bench.peer;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for conditions of servers and clients. */
public final class Waiting {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A condition that is read again until it holds. */
  public interface Condition {
    boolean holds() throws IOException;
  }

  private Waiting() {}

  /** Returns whether the condition held within some seconds. */
  public static boolean until(long seconds, Condition condition) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  /** Waits for some time. */
  public static void pause(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left; (left = end - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(left);
    }
  }

  /** Waits until the condition holds. */
  public static void require(String what, long seconds, Condition condition) throws IOException {
    if (!until(seconds, condition)) {
      throw new IOException(what + " did not happen within " + seconds + " s");
    }
  }
}
