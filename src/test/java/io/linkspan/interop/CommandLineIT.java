package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.FreePort;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.Patience;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks the command line: text, exit codes, signals. */
class CommandLineIT {

  private static final Map<String, String> NOTHING = Map.of();

  @TempDir private Path folder;

  @Test
  void helpNamesCommandsAndOptions() throws InterruptedException {
    expect(0, NOTHING, "--help")
        .contains("Usage: ", "run", "check-config", "--conf", "--version", "LINKSPAN_HTTP_PORT");
  }

  @Test
  void generatedConfigurationMakesTokensThatItAccepts() throws Exception {
    String conf = conf(output("genconfig"));
    expect(0, NOTHING, "check-config", "--conf", conf).contains("valid");
    String token =
        output("gentoken", "--conf", conf, "--user", "alice", "--claim", "scope=orders").strip();
    expect(0, NOTHING, "checktoken", "--conf", conf, token)
        .contains("valid, user alice", "accepted until", "\"scope\" : \"orders\"");
    expect(1, NOTHING, "checktoken", "--conf", conf, token + "x").contains("refused: ");
    expect(2, NOTHING, "gentoken", "--conf", conf, "--user", "alice", "--ttl", "soon")
        .contains("--ttl");
    expect(2, NOTHING, "gentoken", "--conf", conf, "--user", "service:x").contains("service:");
  }

  @Test
  void versionIsThatOfTheBuild() throws InterruptedException {
    expect(0, NOTHING, "--version").containsPattern("linkspan \\d+\\.\\d+\\.\\d+");
  }

  @Test
  void anUnknownOptionIsAUsageError() throws InterruptedException {
    expect(2, NOTHING, "--wrong").contains("--wrong", "Usage: ");
  }

  @Test
  void aValidConfigurationIsAccepted() throws Exception {
    expect(0, NOTHING, "check-config", "--conf", conf("http: {port: 0}"))
        .contains("the configuration is valid");
  }

  @Test
  void anInvalidValueIsNamedWithItsKeyAndTheExpectedForm() throws Exception {
    String conf = conf("websocket: {heartbeat: {interval: soon}}");
    expect(2, NOTHING, "check-config", "--conf", conf)
        .contains("websocket.heartbeat.interval", "soon", "expected a duration");
    expect(2, NOTHING, "run", "--conf", conf).contains("websocket.heartbeat.interval");
  }

  @Test
  void anUnknownKeyIsNamedWithTheKnownKeys() throws Exception {
    expect(2, NOTHING, "check-config", "--conf", conf("http: {prot: 1}"))
        .contains("http.prot", "1", "expected one of the keys", "port");
  }

  @Test
  void aMissingFileIsNamed() throws InterruptedException {
    expect(2, NOTHING, "check-config", "--conf", folder.resolve("none.yaml").toString())
        .contains("none.yaml");
  }

  @Test
  void anInvalidEnvironmentVariableIsNamedByItsKey() throws InterruptedException {
    expect(2, Map.of("LINKSPAN_HTTP_PORT", "eighty"), "run")
        .contains("http.port", "eighty", "expected a port");
    // The value of an unknown key may be a secret.
    expect(2, Map.of("LINKSPAN_HTP_PORT", "hidden"), "run")
        .contains("LINKSPAN_HTP_PORT", "LINKSPAN_HTTP_PORT")
        .doesNotContain("hidden");
  }

  @Test
  void aPublicManagementPortNeedsAKey() throws InterruptedException {
    expect(2, Map.of("LINKSPAN_MANAGEMENT_HOST", "0.0.0.0"), "run").contains("management.apiKey");
  }

  @Test
  void eachLineOfTheLogIsAnObjectIfAskedFor() throws Exception {
    var settings = Map.of("LOG_FORMAT", "json", "LOG_ACCESS", "INFO");
    try (GatewayProcess gateway = GatewayProcess.launch(settings)) {
      gateway.awaitOutput("is ready");
      gateway.terminate();
      List<JsonObject> lines = gateway.output().strip().lines().map(JsonObject::new).toList();
      assertThat(lines)
          .allSatisfy(line -> assertThat(line.fieldNames()).contains("timestamp", "level"))
          .anySatisfy(line -> assertThat(line.getString("formattedMessage")).isEqualTo("drained"));
    }
  }

  @Test
  void aPortInUseIsReportedInOneLine() throws Exception {
    try (var taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());
      expect(1, Map.of("LINKSPAN_HTTP_PORT", port), "run")
          .contains("the start failed: cannot listen at http.host", "http.port " + port)
          .doesNotContain("\tat ");
      expect(1, Map.of("LINKSPAN_MANAGEMENT_PORT", port), "run")
          .contains("the start failed: cannot listen at management.host", "management.port " + port)
          .doesNotContain("\tat ");
    }
  }

  @Test
  void aClusterPortInUseIsReportedInOneLine() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      String other = Integer.toString(FreePort.of());
      expect(1, cluster(port, other), "run")
          .contains("the start failed: cannot join the cluster", "cluster.port " + port);
      expect(1, cluster(other, port), "run")
          .contains("the start failed: cannot join the cluster", "cluster.busPort " + port);
    }
  }

  private static Map<String, String> cluster(String port, String busPort) {
    return Map.of(
        "LINKSPAN_CLUSTER_ENABLED",
        "true",
        "LINKSPAN_CLUSTER_NAME",
        "command-line-" + port,
        "LINKSPAN_CLUSTER_HOST",
        "127.0.0.1",
        "LINKSPAN_CLUSTER_PORT",
        port,
        "LINKSPAN_CLUSTER_BUSPORT",
        busPort,
        "LINKSPAN_CLUSTER_JOIN_MEMBERS",
        "127.0.0.1:" + port);
  }

  @Test
  void withoutAClusterNoClassOfHazelcastIsLoaded() throws Exception {
    try (var gateway = GatewayProcess.start(Map.of("JAVA_TOOL_OPTIONS", "-verbose:class"))) {
      assertThat(gateway.output())
          .contains("io.linkspan.Gateway ", "io.vertx.core.impl.VertxImpl ")
          .doesNotContain("com.hazelcast", "io.vertx.spi.cluster", "HazelcastCluster");
    }
  }

  @Test
  void aSignalClosesConnectionsAndExitsWithSuccess() throws Exception {
    try (var gateway = GatewayProcess.start(NOTHING)) {
      CompletableFuture<Integer> closed = new CompletableFuture<>();
      HttpClient.newHttpClient()
          .newWebSocketBuilder()
          .buildAsync(gateway.websocket(), new CloseListener(closed))
          .get(Patience.SECONDS, TimeUnit.SECONDS);
      assertThat(gateway.terminate()).as(gateway::output).isZero();
      assertThat(closed.get(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo(1001);
      assertThat(gateway.output()).contains("draining 1 sessions", "drained");
    }
  }

  private static AbstractStringAssert<?> expect(
      int exitCode, Map<String, String> environment, String... arguments)
      throws InterruptedException {
    try (var gateway = GatewayProcess.launch(environment, arguments)) {
      assertThat(gateway.awaitExit()).as(gateway::output).isEqualTo(exitCode);
      return assertThat(gateway.output());
    }
  }

  private static String output(String... arguments) throws InterruptedException {
    try (var gateway = GatewayProcess.launch(NOTHING, arguments)) {
      assertThat(gateway.awaitExit()).as(gateway::output).isZero();
      return gateway.output();
    }
  }

  private String conf(String yaml) throws IOException {
    return Files.writeString(folder.resolve("linkspan.yaml"), yaml).toString();
  }

  private record CloseListener(CompletableFuture<Integer> closed) implements WebSocket.Listener {

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      return null;
    }
  }
}
