package io.linkspan.cluster.security;

import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs peers that are not members, the first one at once and then a summary. Shared. */
final class RejectedPeers {

  private static final Logger LOG = LoggerFactory.getLogger(RejectedPeers.class);
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(10);

  private final String port;
  private long count;
  private long loggedAt;

  /**
   * Creates a log.
   *
   * @param port the configuration's key of the port that they reach
   */
  RejectedPeers(String port) {
    this.port = port;
    loggedAt = System.nanoTime() - PAUSE;
  }

  /** Counts a peer. */
  synchronized void add(SocketAddress peer, String why) {
    count++;
    long now = System.nanoTime();
    if (now - loggedAt >= PAUSE) {
      LOG.warn("{} connections rejected at {}, the last one with {}: {}", count, port, peer, why);
      count = 0;
      loggedAt = now;
    }
  }
}
