package io.linkspan.cluster.security;

import io.linkspan.time.RepeatedFailure;
import java.net.SocketAddress;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Logs peers that are not members, the first one at once and then a summary. Shared. */
final class RejectedPeers {

  private final RepeatedFailure log;

  /**
   * Creates a log.
   *
   * @param port the configuration's key of the port that they reach
   */
  RejectedPeers(String port) {
    log =
        new RepeatedFailure(
            LoggerFactory.getLogger(RejectedPeers.class),
            Level.WARN,
            "connections rejected at " + port);
  }

  /** Counts a peer. */
  void add(SocketAddress peer, String why) {
    log.add(peer + ", " + why);
  }
}
