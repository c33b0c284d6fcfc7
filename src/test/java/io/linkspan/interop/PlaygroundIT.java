package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.Browser;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresBrowser;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Uses the playground page in a real browser. All tests share the browser, and those with the
 * default configuration a gateway, where each test has its own users.
 */
@RequiresBrowser
class PlaygroundIT {

  private static Browser browser;
  private static GatewayProcess shared;

  @BeforeAll
  static void start() throws InterruptedException {
    browser = Browser.start();
    shared = GatewayProcess.start(Map.of());
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
    if (shared != null) {
      shared.close();
    }
  }

  @Test
  void twoTabsChat() throws InterruptedException {
    run("chat", shared);
  }

  @Test
  void heartbeatsAreNotMessages() throws InterruptedException {
    run("heartbeat", shared);
  }

  @Test
  void aSocketIoTabAndAWebSocketTabChat() throws InterruptedException {
    run("socketIo", shared);
  }

  @Test
  void thePageFindsOtherPaths() throws InterruptedException {
    run(
        "socketIo",
        Map.of(
            "LINKSPAN_WEBSOCKET_PATH", "/links/a&b",
            "LINKSPAN_SOCKETIO_PATH", "/links/events/"));
  }

  @Test
  void aMessageToAGroupReachesItsMembers() throws InterruptedException {
    run("group", shared);
  }

  @Test
  void aMessageThatIsNotAcknowledgedIsSentAgain() throws InterruptedException {
    run(
        "manualAcknowledgement",
        Map.of("LINKSPAN_DELIVERY_ACKTIMEOUT", "1s", "LINKSPAN_DELIVERY_MAXATTEMPTS", "1000"));
  }

  @Test
  void thePageReconnectsAfterARestart() throws InterruptedException {
    var port = Map.of("LINKSPAN_HTTP_PORT", Integer.toString(FreePort.of()));
    try (var gateway = GatewayProcess.start(port);
        var page =
            NodeScript.start("playground.mjs", "restart", browser.endpoint(), gateway.http())) {
      page.awaitLine("connected");
      assertThat(gateway.terminate()).isZero();
      page.awaitLine("away");
      try (var successor = GatewayProcess.start(port)) {
        page.awaitSuccess();
        assertThat(successor.isAlive()).isTrue();
      }
    }
  }

  private static void run(String scenario, Map<String, String> environment)
      throws InterruptedException {
    try (var gateway = GatewayProcess.start(environment)) {
      run(scenario, gateway);
    }
  }

  private static void run(String scenario, GatewayProcess gateway) throws InterruptedException {
    NodeScript.run("playground.mjs", scenario, browser.endpoint(), gateway.http());
  }
}
