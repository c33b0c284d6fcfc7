package io.linkspan;

import io.linkspan.api.MessageCodecs;
import io.linkspan.config.ConfigException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;

/**
 * Lets services in a process of their own join a cluster of gateways. What works beside a gateway
 * works there: {@link io.linkspan.api.Service} and {@link io.linkspan.api.GatewayClient}.
 *
 * <pre>{@code
 * ClusterMember.join(Path.of("linkspan.yaml"))
 *     .compose(vertx -> vertx.deployVerticle(new Orders()))
 * }</pre>
 */
public final class ClusterMember {

  private ClusterMember() {}

  /**
   * Joins the cluster that a configuration of the gateway describes, its environment variables
   * included; of the rest only {@code eventLoops} counts. Where a gateway runs on the same address,
   * {@code cluster.port} and {@code cluster.busPort} have to differ from its own, or be 0.
   *
   * @param configuration laid over the defaults
   * @return a Vert.x whose event bus reaches all nodes; closing it leaves the cluster. Fails with a
   *     {@link ConfigException}, or with an {@link java.io.IOException} when it can not join.
   */
  public static Future<Vertx> join(Path configuration) {
    GatewayConfig config;
    try {
      config = GatewayConfig.load(configuration, System.getenv());
    } catch (ConfigException e) {
      return Future.failedFuture(e);
    }
    if (!config.cluster().enabled()) {
      return Future.failedFuture(
          new IllegalArgumentException("cluster.enabled is false: there is nothing to join"));
    }
    Main.prepareProcess();
    return VertxBootstrap.join(config).onSuccess(MessageCodecs::register);
  }
}
