package io.linkspan.api.cluster;

import io.linkspan.api.MessageCodecs;
import io.linkspan.bus.VertxProcess;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.cluster.HazelcastCluster;
import io.linkspan.config.ConfigException;
import io.linkspan.config.ConfigNode;
import io.linkspan.config.ConfigTree;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;

/**
 * Lets services in a process of their own join a cluster of gateways. {@link
 * io.linkspan.api.Service} and {@link io.linkspan.api.GatewayClient} work there as they do in the
 * process of a gateway.
 *
 * <pre>{@code
 * ClusterMember.join(Path.of("linkspan.yaml"))
 *     .compose(vertx -> vertx.deployVerticle(new Orders()))
 * }</pre>
 */
public final class ClusterMember {

  private static final int MAX_EVENT_LOOPS = 1024;

  private ClusterMember() {}

  /**
   * Joins the cluster that a gateway's configuration describes, including its environment
   * variables. Reads {@code eventLoops} and the section {@code cluster}, and ignores the values of
   * the rest. On the machine of a gateway with the same address, the gateway has {@code
   * cluster.port} and {@code cluster.busPort}; the process listens at other ports then.
   *
   * @param configuration laid over the defaults
   * @return a Vert.x whose event bus reaches all nodes; closing it leaves the cluster. Fails with a
   *     {@link ConfigException}, or with an {@link java.io.IOException} when it cannot join.
   */
  public static Future<Vertx> join(Path configuration) {
    try {
      return join(configuration, System.getenv());
    } catch (ConfigException e) {
      return Future.failedFuture(e);
    }
  }

  private static Future<Vertx> join(Path configuration, Map<String, String> environment)
      throws ConfigException {
    ConfigNode root = ConfigTree.load(configuration, environment);
    ClusterConfig cluster = ClusterConfig.read(root.section("cluster"));
    int eventLoops = root.count("eventLoops", 0, MAX_EVENT_LOOPS);
    root.throwIfRejected();
    if (!cluster.enabled()) {
      return Future.failedFuture(
          new IllegalArgumentException("cluster.enabled is false: there is nothing to join"));
    }
    VertxProcess.prepare();
    return HazelcastCluster.join(
            cluster, null, VertxProcess.options(eventLoops), VertxProcess.transport())
        .map(HazelcastCluster::vertx)
        .onSuccess(MessageCodecs::register);
  }
}
