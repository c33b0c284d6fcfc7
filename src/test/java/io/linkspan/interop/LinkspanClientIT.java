package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.connection.CloseReason;
import io.linkspan.testing.Browser;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.DocumentedCode;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs docs/clients/linkspan.js in Node and in a browser. */
@RequiresNode
class LinkspanClientIT {

  private static final String EXCHANGE = "exchange.mjs";

  /** Each break counts as an attempt, and no message of these tests makes a client fail. */
  private static final Map<String, String> BREAKING =
      Map.of("delivery.maxAttempts", "1000", "http.origins", "*");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "codec",
        "backOff",
        "atOnceIsSoon",
        "resume",
        "groups",
        "history",
        "presence",
        "calls",
        "streams",
        "follows",
        "handlers",
        "tokens",
        "bounds",
        "expiredMessages",
        "noSessions",
        "deadConnections",
        "closingWhileConnecting",
        "oneSocket"
      })
  void theClientFollowsTheProtocol(String scenario) throws InterruptedException {
    NodeScript.run("linkspan.mjs", scenario);
  }

  @Test
  void theClientReconnectsAfterTheCloseCodesThatAllowIt() throws InterruptedException {
    var table = new JsonObject();
    for (CloseReason reason : CloseReason.values()) {
      table.put(Integer.toString(reason.code()), words(reason.mayReturn()));
    }
    NodeScript.run("linkspan.mjs", "closeCodes", table.encode());
  }

  private static String words(CloseReason.MayReturn when) {
    return switch (when) {
      case AS_IT_LIKES -> "as you like";
      default -> when.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    };
  }

  @Test
  void theDocumentedExampleWorks(@TempDir Path folder) throws Exception {
    String example = DocumentedCode.block("docs/clients.md", "js", "new Linkspan(");
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      Map<String, String> here =
          Map.of(
              "https://gateway.example.com/linkspan.js",
              DocumentedCode.path("docs/clients/linkspan.js").toString(),
              "wss://gateway.example.com/ws",
              "ws://127.0.0.1:" + gateway.httpPort() + "/ws",
              "token: async () => (await fetch(\"/token\")).text(),",
              "user: \"bob\", WebSocket,",
              "show(",
              "console.log(");
      for (Map.Entry<String, String> place : here.entrySet()) {
        assertThat(example).contains(place.getKey());
        example = example.replace(place.getKey(), place.getValue());
      }
      Path ws = DocumentedCode.path("src/test/node/node_modules/ws/wrapper.mjs");
      String script =
          "import WebSocket from \"%s\";\n%s\nconsole.log(answer.body);\nlink.close();\n"
              .formatted(ws, example);
      Path file = Files.writeString(folder.resolve("example.mjs"), script);
      try (NodeScript run = NodeScript.start(file.toString())) {
        run.awaitSuccess();
        assertThat(run.output()).contains("open", "bob hello", "tea?", "closed 1000");
      }
    }
  }

  @Test
  void theTypesAreThoseOfTheDeclarations() throws InterruptedException {
    NodeScript.run(
        "node_modules/typescript/bin/tsc",
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--lib",
        "es2022,dom",
        "src/test/node/types.ts");
  }

  @Test
  void everyAcknowledgedMessageArrivesOnceAndInOrderThroughBreaks() throws InterruptedException {
    try (TestGateway gateway = TestGateway.start(BREAKING)) {
      NodeScript.run(EXCHANGE, "node", gateway.httpPort(), seed());
    }
  }

  @Test
  @EnabledIf(
      value = "io.linkspan.testing.NodeScript#browserAvailable",
      disabledReason = "there is no browser")
  void soDoesEachInABrowser() throws InterruptedException {
    try (Browser browser = Browser.start();
        TestGateway gateway = TestGateway.start(BREAKING)) {
      NodeScript.run(EXCHANGE, "browser", gateway.httpPort(), seed(), browser.endpoint());
    }
  }

  @Test
  void soDoesEachWhileANodeIsKilledAndAnotherIsDrained() throws InterruptedException {
    try (var cluster = new ClusterProcess(3, 0, Map.of());
        var applications =
            NodeScript.start(
                EXCHANGE,
                "nodes",
                cluster.node(0).httpPort(),
                cluster.node(1).httpPort(),
                cluster.node(2).httpPort())) {
      applications.awaitLine("acknowledged 200");
      cluster.node(1).signal("KILL");
      applications.awaitLine("acknowledged 400");
      cluster.awaitMembers(cluster.node(0), cluster.node(2));
      cluster.node(0).terminate();
      applications.awaitSuccess();
    }
  }

  private static int seed() {
    return new Random().nextInt(Integer.MAX_VALUE);
  }
}
