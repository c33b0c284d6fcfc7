package io.linkspan;

import io.linkspan.config.Live;
import io.linkspan.ops.Configuration;
import io.linkspan.ops.ReloadResult;
import io.linkspan.routing.RoutingTable;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/**
 * Gives the management port its view of the configuration in force.
 *
 * @param node id of the node
 */
record ConfigurationView(
    String node, Live<GatewayConfig> config, RoutingTable table, Reloader reloader)
    implements Configuration {

  @Override
  public Future<ReloadResult> reload() {
    return reloader.reload();
  }

  @Override
  public JsonObject values() {
    return ConfigReport.values(config.get());
  }

  @Override
  public JsonObject routes() {
    return ConfigReport.routes(node, table, config.get().upstreams());
  }
}
