package io.linkspan.interop;

import io.linkspan.GatewayConfig;
import io.linkspan.api.testing.FakeGateway;
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
import io.linkspan.testing.Browser;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresBrowser;
import io.linkspan.testing.TestGateway;
import io.linkspan.trace.TraceConfig;
import io.linkspan.trace.TraceService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Uses the console while ten thousand sessions exist and two thousand more begin. */
@RequiresBrowser
class ConsoleOfManySessionsIT {

  private static final int SESSIONS = 10_000;
  private static final int MORE = 2_000;
  private static final String NODE = "fake";

  /** A node whose clients are those of a {@link FakeGateway}. */
  private static final class FakeNode implements Node {
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

  private static ManagementVerticle management(Vertx vertx) throws ConfigException {
    Nodes nodes = Nodes.alone(new Nodes.Node(NODE, 1));
    var limits = new NodeFacts.Limits(0, 100, 0, 0, new MemoryConfig(0, 0, 70, 85, 95));
    var facts = new NodeFacts(NODE, "1", () -> "ready", () -> limits);
    var metrics = new Metrics("test");
    Map<String, String> environment =
        Map.of("LINKSPAN_MANAGEMENT_PORT", "0", "LINKSPAN_MANAGEMENT_APIKEY", "0123456789abcdef");
    ManagementConfig config = GatewayConfig.load(null, environment).management();
    return new ManagementVerticle(
        () -> config,
        metrics,
        new FakeNode(),
        null,
        new TraceService(vertx, nodes, new LocalSessionDirectory(), () -> TraceConfig.OFF),
        new StatusService(vertx, nodes, facts, metrics.registry(), metrics.latencies()),
        null,
        null,
        1,
        pipeline -> {});
  }

  @Test
  void pagesStayBoundedAndAnswer() throws ConfigException, InterruptedException {
    Vertx vertx = Vertx.vertx();
    try (Browser browser = Browser.start()) {
      FakeGateway gateway = TestGateway.await(FakeGateway.start(vertx));
      connect(gateway, SESSIONS);
      ManagementVerticle management = management(vertx);
      TestGateway.await(vertx.deployVerticle(management));
      String address = "http://127.0.0.1:" + management.port() + "/";
      try (NodeScript script =
          NodeScript.start("console.mjs", "many", browser.endpoint(), address)) {
        script.awaitLine("ready");
        connect(gateway, MORE);
        script.awaitSuccess();
      }
    } finally {
      TestGateway.await(vertx.close());
    }
  }

  private static void connect(FakeGateway gateway, int count) {
    for (int i = 0; i < count; i++) {
      gateway.connect("user-" + i).join("room-" + i % 500);
    }
  }
}
