package io.linkspan.testing;

import io.linkspan.GatewayConfig;
import io.linkspan.config.ConfigException;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.Nodes;
import io.linkspan.memory.MemoryConfig;
import io.linkspan.ops.ManagementConfig;
import io.linkspan.ops.ManagementVerticle;
import io.linkspan.ops.Metrics;
import io.linkspan.ops.Node;
import io.linkspan.status.NodeFacts;
import io.linkspan.status.StatusService;
import io.linkspan.storm.StormService;
import io.linkspan.trace.TraceConfig;
import io.linkspan.trace.TraceService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** Makes the management port of a node that has nothing else. */
public final class ManagementPort {

  private static final String NODE = "alone";

  /** A node that is always ready. */
  private static final class IdleNode implements Node {
    @Override
    public JsonObject describe() {
      return new JsonObject().put("node", NODE);
    }

    @Override
    public boolean ready() {
      return true;
    }

    @Override
    public String pressure() {
      return null;
    }

    @Override
    public Future<Void> alive() {
      return Future.succeededFuture();
    }
  }

  private ManagementPort() {}

  /**
   * Returns a verticle that is not deployed yet, and listens at any free port.
   *
   * @param apiKey empty for none
   */
  public static ManagementVerticle of(Vertx vertx, String apiKey) throws ConfigException {
    Nodes nodes = Nodes.alone(new Nodes.Node(NODE, 1));
    var limits = new NodeFacts.Limits(0, 100, 0, 0, new MemoryConfig(0, 0, 70, 85, 95));
    var facts = new NodeFacts(NODE, "1", () -> "ready", () -> limits);
    var metrics = new Metrics("test");
    Map<String, String> environment =
        Map.of("LINKSPAN_MANAGEMENT_PORT", "0", "LINKSPAN_MANAGEMENT_APIKEY", apiKey);
    ManagementConfig config = GatewayConfig.load(null, environment).management();
    return new ManagementVerticle(
        () -> config,
        metrics,
        new IdleNode(),
        null,
        new TraceService(vertx, nodes, new LocalSessionDirectory(), () -> TraceConfig.OFF),
        new StatusService(vertx, nodes, facts, metrics.registry(), metrics.latencies()),
        null,
        null,
        new StormService(vertx, config::storm, () -> null, () -> true, metrics::scrape),
        1,
        pipeline -> {});
  }
}
