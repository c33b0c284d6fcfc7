package io.linkspan.transport.enet;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Runs what waits until peers have acknowledged enough. It looks at all of them a few times per
 * second, so that acknowledgements cost nothing. Used only on its event loop.
 */
final class WaitingWrites {

  /** One peer. */
  interface Peer {
    /** Whether it has acknowledged enough. */
    boolean isWritable();

    /** Whether nothing more is written to it. */
    boolean hasEnded();
  }

  private record Waiting(Peer peer, Runnable action) {}

  private static final long INTERVAL_MS = 20;

  private final Queue<Waiting> waiting = new ArrayDeque<>(0);
  private long nextLook = Long.MAX_VALUE;

  /** Runs an action once when a peer is writable; never if it disconnects first. */
  void add(Peer peer, Runnable action, long now) {
    if (waiting.isEmpty()) {
      nextLook = now + INTERVAL_MS;
    }
    waiting.add(new Waiting(peer, action));
  }

  /** Runs what can be written, if it is time to look. */
  void advanceTo(long now) {
    if (now < nextLook) {
      return;
    }
    nextLook = Long.MAX_VALUE;
    for (int left = waiting.size(); left > 0; left--) {
      Waiting one = waiting.remove();
      if (one.peer().hasEnded()) {
        continue;
      }
      if (one.peer().isWritable()) {
        one.action().run();
      } else {
        waiting.add(one);
      }
    }
    if (!waiting.isEmpty()) {
      nextLook = now + INTERVAL_MS;
    }
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  long nextDeadline() {
    return nextLook;
  }
}
