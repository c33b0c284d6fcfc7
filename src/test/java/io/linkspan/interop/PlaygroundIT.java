package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresBrowser;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The playground page in a real browser. */
@RequiresBrowser
class PlaygroundIT {

  @Test
  void twoTabsChat() throws InterruptedException {
    run("chat", Map.of());
  }

  @Test
  void aSocketIoTabAndAWebSocketTabChat() throws InterruptedException {
    run("socketIo", Map.of());
  }

  @Test
  void thePageFindsWhatIsServedElsewhere() throws InterruptedException {
    run(
        "socketIo",
        Map.of(
            "LINKSPAN_WEBSOCKET_PATH", "/links/a&b",
            "LINKSPAN_SOCKETIO_PATH", "/links/events/"));
  }

  @Test
  void aGroupHearsWhatIsWrittenToIt() throws InterruptedException {
    run("group", Map.of());
  }

  @Test
  void withoutAcknowledgementAMessageComesAgain() throws InterruptedException {
    run(
        "manualAcknowledgement",
        Map.of("LINKSPAN_DELIVERY_ACKTIMEOUT", "1s", "LINKSPAN_DELIVERY_MAXATTEMPTS", "1000"));
  }

  @Test
  void thePageComesBackWithTheGateway() throws InterruptedException {
    try (var gateway = GatewayProcess.start(Map.of());
        var page =
            NodeScript.start("playground.mjs", "restart", NodeScript.browser(), gateway.http())) {
      page.awaitLine("connected");
      assertThat(gateway.terminate()).isZero();
      page.awaitLine("away");
      var samePort = Map.of("LINKSPAN_HTTP_PORT", Integer.toString(gateway.httpPort()));
      try (var successor = GatewayProcess.start(samePort)) {
        page.awaitSuccess();
        assertThat(successor.terminate()).isZero();
      }
    }
  }

  private static void run(String scenario, Map<String, String> environment)
      throws InterruptedException {
    try (var gateway = GatewayProcess.start(environment)) {
      NodeScript.run("playground.mjs", scenario, NodeScript.browser(), gateway.http());
    }
  }
}
