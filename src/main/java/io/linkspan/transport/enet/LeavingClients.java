package io.linkspan.transport.enet;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Bounds the time that the Messages of clients may take that have disconnected. Used only on its
 * event loop.
 */
final class LeavingClients {

  /** One client. */
  interface Client {
    /** Whether Messages of it are pending. */
    boolean isLeaving();

    /** Ends its session, if it has not ended. */
    void endLeaving();
  }

  private record Leaving(Client client, long until) {}

  private static final long LIMIT_MS = 60_000;

  private final Queue<Leaving> leaving = new ArrayDeque<>();

  /** Bounds the time of a client that has disconnected and whose Messages are pending. */
  void add(Client client, long now) {
    leaving.add(new Leaving(client, now + LIMIT_MS));
  }

  /** Ends the sessions of the clients whose time is over. */
  void advanceTo(long now) {
    while (!leaving.isEmpty() && isOver(leaving.element(), now)) {
      leaving.remove().client().endLeaving();
    }
  }

  private static boolean isOver(Leaving one, long now) {
    return one.until() <= now || !one.client().isLeaving();
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  long nextDeadline() {
    return leaving.isEmpty() ? Long.MAX_VALUE : leaving.element().until();
  }
}
