package io.linkspan;

import io.linkspan.cluster.HazelcastCluster;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.transport.Transport;
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
    static Future<VertxBootstrap> open(GatewayConfig config, Nodes.Node self) {
      return HazelcastCluster.join(config.cluster(), self, options(config), builder())
          .map(
              cluster ->
                  new VertxBootstrap(
                      cluster.vertx(), cluster.nodes(), cluster.directory(), cluster::isMember));
    }

    static Future<Vertx> join(GatewayConfig config) {
      return HazelcastCluster.join(config.cluster(), null, options(config), builder())
          .map(HazelcastCluster::vertx);
    }
  }

  /** For a node that serves clients; fails when it can not join its cluster. */
  static Future<VertxBootstrap> open(GatewayConfig config, Nodes.Node self) {
    if (config.cluster().enabled()) {
      return Clustered.open(config, self);
    }
    return Future.succeededFuture(
        new VertxBootstrap(
            builder().with(options(config)).build(),
            Nodes.alone(self),
            new LocalSessionDirectory(),
            () -> true));
  }

  /** For a process that serves no clients. */
  static Future<Vertx> join(GatewayConfig config) {
    return Clustered.join(config);
  }

  private static VertxOptions options(GatewayConfig config) {
    return new VertxOptions()
        .setEventLoopPoolSize(config.loops())
        // Resources come from the jar itself: nothing has to be written to disk.
        .setFileSystemOptions(
            new FileSystemOptions()
                .setClassPathResolvingEnabled(false)
                .setFileCachingEnabled(false))
        .setInternalBlockingPoolSize(2)
        .setWorkerPoolSize(4);
  }

  private static VertxBuilder builder() {
    VertxBuilder builder = Vertx.builder();
    Transport nativeTransport = Transport.nativeTransport();
    return nativeTransport.available() ? builder.withTransport(nativeTransport) : builder;
  }
}
