package io.linkspan;

import io.linkspan.bus.VertxProcess;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.cluster.HazelcastCluster;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.function.BooleanSupplier;

/**
 * What a node stands on: alone a Vert.x of its own, in a cluster one that reaches the others.
 *
 * @param isMember whether the node is in touch with its cluster
 */
record VertxBootstrap(
    Vertx vertx, Nodes nodes, SessionDirectory directory, BooleanSupplier isMember) {

  /** Loaded in a cluster only, and with it all of Hazelcast. */
  private static final class Clustered {
    static Future<VertxBootstrap> open(
        ClusterConfig config, Nodes.Node self, VertxOptions options) {
      return HazelcastCluster.join(config, self, options, VertxProcess.builder())
          .map(
              cluster ->
                  new VertxBootstrap(
                      cluster.vertx(), cluster.nodes(), cluster.directory(), cluster::isMember));
    }
  }

  /** For a node that serves clients; fails when it can not join its cluster. */
  static Future<VertxBootstrap> open(GatewayConfig config, Nodes.Node self) {
    VertxOptions options = VertxProcess.options(config.eventLoops());
    if (config.cluster().enabled()) {
      return Clustered.open(config.cluster(), self, options);
    }
    return Future.succeededFuture(
        new VertxBootstrap(
            VertxProcess.builder().with(options).build(),
            Nodes.alone(self),
            new LocalSessionDirectory(),
            () -> true));
  }
}
