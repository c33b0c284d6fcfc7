package io.linkspan.interop;

import io.linkspan.api.testing.FakeGateway;
import io.linkspan.config.ConfigException;
import io.linkspan.ops.ManagementVerticle;
import io.linkspan.testing.Browser;
import io.linkspan.testing.ManagementPort;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresBrowser;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.Test;

/** Uses the console while ten thousand sessions exist and two thousand more begin. */
@RequiresBrowser
class ConsoleOfManySessionsIT {

  private static final int SESSIONS = 10_000;
  private static final int MORE = 2_000;

  @Test
  void pagesStayBoundedAndAnswer() throws ConfigException, InterruptedException {
    Vertx vertx = Vertx.vertx();
    try (Browser browser = Browser.start()) {
      FakeGateway gateway = TestGateway.await(FakeGateway.start(vertx));
      connect(gateway, SESSIONS);
      ManagementVerticle management = ManagementPort.of(vertx, "0123456789abcdef");
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
