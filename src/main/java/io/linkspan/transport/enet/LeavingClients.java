package io.linkspan.transport.enet;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Bounds the time that the Messages of clients may take that have disconnected. Used only on its
 * event loop.
 */
final class LeavingClients {

  private record Leaving(EnetConnection connection, long until) {}

  private static final long LIMIT_MS = 60_000;

  private final Consumer<EnetConnection> onLeft;
  private final Queue<Leaving> leaving = new ArrayDeque<>();

  /**
   * @param onLeft receives each connection whose Messages have their outcomes, or whose time is
   *     over
   */
  LeavingClients(Consumer<EnetConnection> onLeft) {
    this.onLeft = onLeft;
  }

  /** Bounds the time of a client that has disconnected and whose Messages are pending. */
  void add(EnetConnection connection, long now) {
    leaving.add(new Leaving(connection, now + LIMIT_MS));
  }

  /** A client has left: its session has ended. */
  void left(EnetConnection connection) {
    onLeft.accept(connection);
  }

  /** Ends the sessions of the clients whose time is over. */
  void advanceTo(long now) {
    while (!leaving.isEmpty() && (isOver(leaving.element(), now))) {
      leaving.remove().connection().endLeaving();
    }
  }

  private static boolean isOver(Leaving client, long now) {
    return client.until() <= now || !client.connection().isLeaving();
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  long nextDeadline() {
    return leaving.isEmpty() ? Long.MAX_VALUE : leaving.element().until();
  }
}
