package io.linkspan.transport.enet;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Observes the connections for which more is queued than one should have. A client whose
 * acknowledgements keep coming is not a slow consumer. Used only on its event loop.
 */
final class CongestedPeers {

  /** One connection. */
  interface Client {
    /** Whether more is queued than should be. */
    boolean isCongested();

    /** When the client last acknowledged anything. */
    long lastAcknowledged();

    /** The connection is no longer observed. */
    void relieved();

    /** Ends the connection of a slow consumer. */
    void closeSlow();
  }

  private record Congested(Client client, long since, long until) {}

  /** Time without an acknowledgement after which a client is a slow consumer. */
  private static final long PATIENCE_MS = 2_000;

  private final Queue<Congested> congested = new ArrayDeque<>();

  /** Observes a connection until its queue is short again. */
  void add(Client client, long now) {
    congested.add(new Congested(client, now, now + PATIENCE_MS));
  }

  /** Closes the connections whose time is over and that have acknowledged nothing meanwhile. */
  void advanceTo(long now) {
    while (!congested.isEmpty() && congested.element().until() <= now) {
      Congested due = congested.remove();
      Client client = due.client();
      if (!client.isCongested()) {
        client.relieved();
      } else if (client.lastAcknowledged() > due.since()) {
        add(client, now);
      } else {
        client.closeSlow();
      }
    }
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  long nextDeadline() {
    return congested.isEmpty() ? Long.MAX_VALUE : congested.element().until();
  }
}
