package io.linkspan;

import io.linkspan.bus.VertxProcess;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.cluster.HazelcastCluster;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.listener.GuardedTransport;
import io.linkspan.log.LogStore;
import io.linkspan.log.MemoryLogStore;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.revocation.RevocationStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;

/**
 * Creates the Vert.x of a node: a standalone one, or one that is a member of a cluster.
 *
 * @param logs creates the store of logs that needs nothing beside the nodes, of an account that is
 *     charged and of its limit in bytes
 * @param isMember whether the node is a member of its cluster at present
 */
record VertxBootstrap(
    Vertx vertx,
    Nodes nodes,
    SessionDirectory directory,
    RevocationStore revocations,
    BiFunction<SharedMemoryAccount, Long, LogStore> logs,
    BooleanSupplier isMember) {

  /** Loaded in a cluster only, and Hazelcast with it. */
  private static final class Clustered {
    static Future<VertxBootstrap> open(
        ClusterConfig config, Nodes.Node self, VertxOptions options) {
      return HazelcastCluster.join(config, self, options, transport())
          .map(
              cluster ->
                  new VertxBootstrap(
                      cluster.vertx(),
                      cluster.nodes(),
                      cluster.directory(),
                      cluster.revocations(),
                      cluster::logs,
                      cluster::isMember));
    }
  }

  private static Transport transport() {
    return GuardedTransport.over(VertxProcess.transport());
  }

  /** Creates one for a node that serves clients; fails when it cannot join its cluster. */
  static Future<VertxBootstrap> open(GatewayConfig config, Nodes.Node self) {
    VertxOptions options = VertxProcess.options(config.eventLoops());
    if (config.cluster().enabled()) {
      return Clustered.open(config.cluster(), self, options);
    }
    return Future.succeededFuture(
        new VertxBootstrap(
            VertxProcess.builder().withTransport(transport()).with(options).build(),
            Nodes.alone(self),
            new LocalSessionDirectory(),
            RevocationStore.alone(),
            MemoryLogStore::new,
            () -> true));
  }
}
