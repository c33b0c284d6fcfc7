package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Revocation.Kind;
import io.linkspan.config.ConfigException;
import io.linkspan.testing.PrintedOutput;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The commands that call a node, against a node with a key. */
class RevocationCommandsTest {

  private static final String KEY = "0123456789abcdef";

  private final TestGateway gateway = TestGateway.start(Map.of("management.apiKey", KEY));

  @AfterEach
  void stop() {
    gateway.close();
  }

  private record Output(int exitCode, String text, String errors) {}

  /** Runs a command that finds the node by its configuration. */
  private Output run(String key, ToIntFunction<RevocationCommands> command) throws ConfigException {
    GatewayConfig config =
        GatewayConfig.load(
            null,
            Map.of(
                "LINKSPAN_MANAGEMENT_APIKEY",
                key,
                "LINKSPAN_MANAGEMENT_HOST",
                "0.0.0.0",
                "LINKSPAN_MANAGEMENT_PORT",
                Integer.toString(gateway.managementPort())));
    return output(() -> command.applyAsInt(new RevocationCommands(config.management(), null)));
  }

  private static Output output(java.util.function.IntSupplier command) {
    try (var printed = new PrintedOutput()) {
      int exitCode = command.getAsInt();
      return new Output(exitCode, printed.text(), printed.errors());
    }
  }

  @Test
  void entryIsAddedPrintedAndRemoved() throws ConfigException {
    Output added =
        run(KEY, node -> node.add(Kind.NETWORK, "192.0.2.0/24", "1h", null, null, "scans"));
    assertThat(added.exitCode()).as(added.errors()).isZero();
    assertThat(new JsonObject(added.text()).getString("reason")).isEqualTo("scans");
    assertThat(run(KEY, RevocationCommands::list).text()).isEqualTo(added.text());
    assertThat(run(KEY, node -> node.remove(Kind.NETWORK, "192.0.2.0/24")).exitCode()).isZero();
    assertThat(run(KEY, RevocationCommands::list)).isEqualTo(new Output(0, "", ""));
  }

  @Test
  void refusalsSayWhy() throws ConfigException {
    Output wrong = run(KEY, node -> node.add(Kind.USER, "bob", null, null, null, null));
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.errors()).contains("refused: until is missing");
    Output missing = run(KEY, node -> node.remove(Kind.USER, "bob"));
    assertThat(missing.errors()).contains("refused: no revocation has this id");
    Output malformed = run(KEY, node -> node.remove(Kind.NETWORK, "bob"));
    assertThat(malformed.errors()).contains("network");
    Output stranger = run("another key of 16", RevocationCommands::list);
    assertThat(stranger.exitCode()).isEqualTo(1);
    assertThat(stranger.errors()).contains("refused: ").doesNotContain(KEY);
  }

  @Test
  void nodeThatDoesNotAnswerIsReported() throws ConfigException {
    Output gone =
        output(
            () ->
                new RevocationCommands(GatewayConfig.defaults().management(), "http://127.0.0.1:1")
                    .list());
    assertThat(gone.exitCode()).isEqualTo(1);
    assertThat(gone.errors()).contains("does not answer");
    Output wrong =
        output(
            () -> new RevocationCommands(GatewayConfig.defaults().management(), "nowhere").list());
    assertThat(wrong.exitCode()).isEqualTo(1);
  }
}
