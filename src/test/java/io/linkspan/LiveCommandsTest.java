package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.PrintedOutput;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The command line that watches and moves clients, against a node. */
class LiveCommandsTest {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final TestGateway gateway = TestGateway.start(Map.of());
  private final String url = "http://127.0.0.1:" + gateway.managementPort();
  private final PrintedOutput printed = new PrintedOutput();

  @AfterEach
  void stop() {
    printed.close();
    gateway.close();
  }

  private static int run(String... arguments) {
    return Main.commandLine().execute(arguments);
  }

  /** Traces while a Message is sent, until the node stops; returns the lines. */
  private List<String> trace(String... arguments) {
    CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(() -> run(arguments));
    await().atMost(PATIENCE).until(() -> printed.text().contains("watching"));
    try (TestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      alice.send(
          Message.newBuilder()
              .setEventId("e1")
              .setTo("service:echo")
              .setType("text")
              .setBody("the secret of alice")
              .build());
      await().atMost(PATIENCE).until(() -> printed.text().contains("e1"));
    }
    gateway.close();
    assertThat(exitCode.join()).isZero();
    return printed.text().lines().toList();
  }

  @Test
  void aTraceShowsTheFramesOfAUserUntilTheNodeStops() {
    assertThat(trace("trace", "--user", "alice", "--url", url))
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains(" websocket alice in message text eventId=e1")
                    .contains("to=service:echo")
                    .doesNotContain("secret"));
  }

  @Test
  void aTraceOfAMessageIsAlsoPrintedAsJsonLines() {
    assertThat(trace("trace", "--event-id", "e1", "--jsonl", "--url", url))
        .allSatisfy(line -> assertThat(new JsonObject(line).getString("kind")).isNotEmpty());
  }

  @Test
  void aTraceOfAnUnknownSessionFails() {
    assertThat(run("trace", "--session", "unknown", "--url", url)).isEqualTo(1);
    assertThat(printed.errors()).startsWith("refused: ");
  }

  @Test
  void aTraceNeedsExactlyOneSelector() {
    assertThat(run("trace", "--url", url)).isEqualTo(2);
    assertThat(run("trace", "--user", "a", "--session", "b", "--url", url)).isEqualTo(2);
  }

  @Test
  void aRebalanceIsBegunDescribedAndAborted() {
    int begun = run("rebalance", "--url", url);
    assertThat(begun).as("%s", printed.errors()).isZero();
    assertThat(new JsonObject(printed.text()).getString("cause")).isEqualTo("request");
    printed.reset();
    // A single node is balanced.
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              printed.reset();
              return run("rebalance", "--status", "--url", url) == 0
                  && new JsonObject(printed.text()).getString("state").equals("balanced");
            });
    assertThat(run("rebalance", "--abort", "--url", url)).isEqualTo(1);
    assertThat(printed.errors()).contains("no rebalance is running");
  }

  @Test
  void aNodeThatDoesNotAnswerIsReported() {
    gateway.close();
    assertThat(run("trace", "--user", "alice", "--url", url)).isEqualTo(1);
    assertThat(printed.errors()).contains("does not answer");
  }

  @Test
  void everySubcommandHasHelp() {
    CommandLine main = Main.commandLine();
    assertThat(main.getSubcommands()).containsKeys("run", "trace", "rebalance", "revoke", "storm");
    for (String name : main.getSubcommands().keySet()) {
      StringWriter help = new StringWriter();
      assertThat(Main.commandLine().setOut(new PrintWriter(help)).execute(name, "--help")).isZero();
      assertThat(help.toString()).as(name).contains("Usage: linkspan " + name);
    }
  }
}
