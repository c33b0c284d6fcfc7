package io.linkspan.cluster;

import io.vertx.core.eventbus.EventBusOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how long a Message can be on the way between two nodes.
 *
 * <p>TCP sends what is not acknowledged again and again for up to a quarter of an hour, so a
 * connection outlives a partition, and what was sent into it arrives after the nodes have merged.
 * By then its sender has an error, and has perhaps sent more by way of another node. So both ends
 * close a connection in which nothing comes, while the nodes are still members of one cluster.
 */
final class BusConnections {

  /** Time from one ping of an idle connection to the next, at most. */
  private static final Duration PING = Duration.ofSeconds(1);

  private BusConnections() {}

  /**
   * Returns options of an event bus whose connections end when they are silent for two thirds of
   * the time after which a node counts as lost. A connect may take a third of it.
   */
  static EventBusOptions options(ClusterConfig.Heartbeat heartbeat) {
    long connect = heartbeat.timeout().toMillis() / 3;
    long silence = 2 * connect;
    long ping = Math.min(PING.toMillis(), silence / 4);
    var options = new EventBusOptions();
    options
        .setClusterPingInterval(ping)
        .setClusterPingReplyInterval(silence - ping)
        .setConnectTimeout(Math.toIntExact(connect))
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setReadIdleTimeout(Math.toIntExact(silence));
    return options;
  }
}
