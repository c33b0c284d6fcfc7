package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.PrintedOutput;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command that runs badly written clients. */
class StormCommandTest {

  private final PrintedOutput printed = new PrintedOutput();

  @AfterEach
  void stop() {
    printed.close();
  }

  private static int run(String arguments) {
    return Main.commandLine().execute(arguments.split(" "));
  }

  /** Runs a storm of a second against a gateway, and returns the lines. */
  private List<String> storm(String arguments) {
    try (TestGateway gateway = TestGateway.start(Map.of("limits.connections", "4"))) {
      int code =
          run(
              "storm ws://127.0.0.1:%d/ws --seconds 1 --quiet-seconds 1 --good 1 %s --management http://127.0.0.1:%d"
                  .formatted(gateway.httpPort(), arguments, gateway.managementPort()));
      assertThat(code).as("%s", printed.errors()).isZero();
    }
    return printed.text().lines().toList();
  }

  @Test
  void eachSecondHasALineAndEachPartHasASum() {
    List<String> lines = storm("--clients 2");

    assertThat(lines.get(4)).startsWith("  429: ").contains("limits.connections");
    assertThat(lines.subList(0, 4))
        .allSatisfy(line -> assertThat(line).contains("connects/s", "good"));
    assertThat(lines.subList(0, 4))
        .extracting(line -> line.split(":", 2)[0])
        .containsExactly("quiet 1 s", "storm 1 s", "all of the quiet time", "all of the storm");
  }

  @Test
  void aLineMayBeAnObject() {
    List<JsonObject> lines =
        storm("--clients 2 --kind half-open --json").stream().map(JsonObject::new).toList();

    assertThat(lines).hasSize(4);
    assertThat(lines)
        .allSatisfy(
            line -> {
              assertThat(line.fieldNames()).contains("when", "refused", "goodP99Ms", "gauges");
              assertThat(line.getInteger("admitted")).isZero();
            });
    assertThat(lines.get(0).getInteger("attempts")).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "storm ws://192.0.2.1:8080/ws",
        "storm ws://127.0.0.1:1/ws --clients 5001",
        "storm ws://127.0.0.1:1/ws --seconds 601",
        "storm ws://127.0.0.1:1/ws --quiet-seconds 601",
        "storm ws://127.0.0.1:1/ws --quiet-seconds -1",
        "storm ws://127.0.0.1:1/ws --kind bad",
        "storm ws://127.0.0.1:1/ws --management http://192.0.2.1:9090",
        "storm ws://127.0.0.1:1/ws --management 127.0.0.1",
        "storm"
      })
  void wrongUsageIsRefusedBeforeAnythingConnects(String arguments) {
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(printed.errors()).isNotEmpty();
    assertThat(printed.text()).isEmpty();
  }
}
