package io.linkspan.bus;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.impl.clustered.NodeSelector;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.impl.VertxBootstrapImpl;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.core.transport.Transport;

/** Sets up Vert.x alike in every process, with or without clients, alone or in a cluster. */
public final class VertxProcess {

  private static final int ENOUGH_PROCESSORS = 5;

  private VertxProcess() {}

  /** Sets system properties, before the first class is loaded that reads them. */
  public static void prepare() {
    setUnlessSet(
        "vertx.logger-delegate-factory-class-name",
        "io.vertx.core.logging.SLF4JLogDelegateFactory");
    // Netty's other allocator keeps the memory of buffers that were released: a node that was short
    // of direct memory once would be short of it for ever.
    setUnlessSet("io.netty.allocator.type", "pooled");
    // A renegotiation costs the server much more than the client that asks for it.
    setUnlessSet("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    // With a single thread in this pool, as on two processors, Hazelcast starts a new thread for
    // each answer instead.
    if (Runtime.getRuntime().availableProcessors() < ENOUGH_PROCESSORS) {
      setUnlessSet(
          "java.util.concurrent.ForkJoinPool.common.parallelism",
          Integer.toString(ENOUGH_PROCESSORS - 1));
    }
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * Returns the number of event loops.
   *
   * @param configured 0 for one per processor
   */
  public static int eventLoops(int configured) {
    return configured > 0 ? configured : Runtime.getRuntime().availableProcessors();
  }

  /**
   * Returns the options of Vert.x.
   *
   * @param eventLoops 0 for one per processor
   */
  public static VertxOptions options(int eventLoops) {
    return new VertxOptions()
        .setEventLoopPoolSize(eventLoops(eventLoops))
        // Resources come from the jar itself: no cache on the disk is needed.
        .setFileSystemOptions(
            new FileSystemOptions()
                .setClassPathResolvingEnabled(false)
                .setFileCachingEnabled(false))
        .setInternalBlockingPoolSize(2)
        .setWorkerPoolSize(4);
  }

  /** Returns the native transport where there is one. */
  public static Transport transport() {
    Transport nativeTransport = Transport.nativeTransport();
    return nativeTransport != null && nativeTransport.available() ? nativeTransport : Transport.NIO;
  }

  /**
   * Creates a Vert.x that is a member of a cluster. Its public builder does not take a selector.
   *
   * @param selector chooses the members that messages on the bus go to
   */
  public static Future<Vertx> clustered(
      VertxOptions options, Transport transport, ClusterManager cluster, NodeSelector selector) {
    var bootstrap = new VertxBootstrapImpl();
    bootstrap.options(options);
    bootstrap.transport(transport.implementation());
    bootstrap.clusterManager(cluster);
    bootstrap.clusterNodeSelector(selector);
    return bootstrap.init().clusteredVertx();
  }

  /** Returns a builder with the native transport where there is one. */
  public static VertxBuilder builder() {
    return Vertx.builder().withTransport(transport());
  }
}
