package io.linkspan.interop;

import io.linkspan.testing.Browser;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresBrowser;
import io.linkspan.testing.TestGateway;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Uses the storm lab of the console in a real browser. */
@RequiresBrowser
class StormPageIT {

  private static Browser browser;

  @BeforeAll
  static void start() throws InterruptedException {
    browser = Browser.start();
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  /** Runs a scenario with a gateway that has these settings too. */
  private static void run(String scenario, Map<String, String> settings)
      throws InterruptedException {
    Map<String, String> all = new HashMap<>(settings);
    all.put("management.apiKey", "0123456789abcdef");
    try (TestGateway gateway = TestGateway.start(all)) {
      String address = "http://127.0.0.1:" + gateway.managementPort() + "/";
      NodeScript.run("console.mjs", scenario, browser.endpoint(), address);
    }
  }

  @Test
  void aStormOfEachKindIsStartedWatchedAndStopped() throws InterruptedException {
    // The four links of each helper do not fit beside the good client.
    run("storms", Map.of("management.storm.enabled", "true", "limits.connections", "6"));
  }

  @Test
  void withoutTheSwitchThePageNamesTheKey() throws InterruptedException {
    run("nostorms", Map.of());
  }
}
