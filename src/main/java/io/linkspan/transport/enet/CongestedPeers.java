package io.linkspan.transport.enet;

import io.linkspan.connection.CloseReason;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Observes the connections for which more is queued than one should have. A client whose
 * acknowledgements keep coming is not a slow consumer. Used only on its event loop.
 */
final class CongestedPeers {

  private record Congested(EnetConnection connection, long since, long until) {}

  /** Time without an acknowledgement after which a client is a slow consumer. */
  private static final long PATIENCE_MS = 2_000;

  private final Queue<Congested> congested = new ArrayDeque<>();

  /** Observes a connection until its queue is short again. */
  void add(EnetConnection connection, long now) {
    congested.add(new Congested(connection, now, now + PATIENCE_MS));
  }

  /** Closes the connections whose time is over and that have acknowledged nothing meanwhile. */
  void advanceTo(long now) {
    while (!congested.isEmpty() && congested.element().until() <= now) {
      Congested due = congested.remove();
      EnetConnection connection = due.connection();
      if (!connection.isCongested()) {
        connection.relieved();
      } else if (connection.peer().lastAcknowledged() > due.since()) {
        add(connection, now);
      } else {
        connection.close(CloseReason.SLOW_CONSUMER);
      }
    }
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  long nextDeadline() {
    return congested.isEmpty() ? Long.MAX_VALUE : congested.element().until();
  }
}
