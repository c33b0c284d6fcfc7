package io.linkspan.cluster.security;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the connections of peers that have not proved yet who they are. When there are too many,
 * the oldest one makes room, so that nobody can keep members out by connecting and saying nothing.
 * Shared by all threads.
 */
final class PendingPeers {

  /** Time in which a peer must prove who it is. */
  static final long TIMEOUT_MS = 5_000;

  private static final int MAX = 256;

  private record Pending(long since, Runnable close) {}

  private final Map<Object, Pending> peers = new LinkedHashMap<>();
  private boolean watched;

  /**
   * Adds a connection.
   *
   * @param close ends it
   * @return whether {@link #closeOverdue} must be called after {@link #TIMEOUT_MS}
   */
  boolean add(Object connection, Runnable close) {
    Runnable oldest = null;
    boolean unwatched;
    synchronized (this) {
      unwatched = !watched;
      watched = true;
      if (peers.size() == MAX) {
        Iterator<Pending> iterator = peers.values().iterator();
        oldest = iterator.next().close();
        iterator.remove();
      }
      peers.put(connection, new Pending(System.nanoTime(), close));
    }
    if (oldest != null) {
      oldest.run();
    }
    return unwatched;
  }

  /** Removes a connection that is authenticated or closed. */
  synchronized void remove(Object connection) {
    peers.remove(connection);
  }

  /**
   * Closes the connections whose time is over.
   *
   * @return whether there are others, so that it must be called again
   */
  boolean closeOverdue() {
    List<Runnable> overdue = new ArrayList<>();
    boolean more;
    synchronized (this) {
      long now = System.nanoTime();
      Iterator<Pending> iterator = peers.values().iterator();
      while (iterator.hasNext()) {
        Pending peer = iterator.next();
        if (now - peer.since() < TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS)) {
          break;
        }
        overdue.add(peer.close());
        iterator.remove();
      }
      more = !peers.isEmpty();
      watched = more;
    }
    overdue.forEach(Runnable::run);
    return more;
  }
}
