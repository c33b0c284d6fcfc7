package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.linkspan.config.ConfigException;
import io.linkspan.testing.ComposeFile;
import io.linkspan.testing.DocumentedCode;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares docs/deploy/compose.yaml with the Compose specification and with the gateway. */
class ComposeFileTest {

  private static final Map<String, String> SECRETS =
      Map.of(
          "LINKSPAN_CLUSTER_SECRET", "a secret of the cluster",
          "LINKSPAN_MANAGEMENT_APIKEY", "a key of the management port");

  /** Keys of the Compose specification; a file that uses another one adds it here. */
  private static final Set<String> FILE_KEYS = Set.of("name", "services", "networks", "volumes");

  private static final Set<String> SERVICE_KEYS =
      Set.of(
          "image",
          "build",
          "command",
          "volumes",
          "restart",
          "stop_grace_period",
          "mem_limit",
          "read_only",
          "tmpfs",
          "cap_drop",
          "security_opt",
          "environment",
          "ports",
          "networks");

  private static final Set<String> BUILD_KEYS = Set.of("context");
  private static final Set<String> NETWORK_KEYS = Set.of("ipam");

  private static final long NODE_MIB = 1_024;

  /** Code, metaspace and threads; docs/deploy.md. */
  private static final long JVM_MIB = 200;

  private final ComposeFile compose = ComposeFile.read(SECRETS);

  static List<String> services() {
    return List.copyOf(ComposeFile.read(SECRETS).services());
  }

  static List<String> nodes() {
    return ComposeFile.read(SECRETS).nodes();
  }

  private GatewayConfig config(String node) throws ConfigException {
    Map<String, String> environment = new HashMap<>(compose.environment(node));
    return GatewayConfig.load(
        DocumentedCode.path(ComposeFile.FOLDER + compose.mounts(node).get(0).source()),
        environment);
  }

  private static JsonNode yaml(String file) throws IOException {
    return new YAMLMapper().readTree(DocumentedCode.read(ComposeFile.FOLDER + file));
  }

  @Test
  void theFileHasKeysOfTheSpecificationOnly() {
    assertThat(compose.keys()).allMatch(key -> key.startsWith("x-") || FILE_KEYS.contains(key));
    assertThat(compose.section("networks").getJsonObject("linkspan").fieldNames())
        .isSubsetOf(NETWORK_KEYS);
  }

  @ParameterizedTest
  @MethodSource("services")
  void aServiceHasKeysOfTheSpecificationOnly(String name) {
    JsonObject service = compose.service(name);
    assertThat(service.fieldNames()).isSubsetOf(SERVICE_KEYS);
    if (service.containsKey("build")) {
      assertThat(service.getJsonObject("build").fieldNames()).isSubsetOf(BUILD_KEYS);
      String context = service.getJsonObject("build").getString("context");
      assertThat(DocumentedCode.path(ComposeFile.FOLDER + context + "/Dockerfile")).exists();
    }
  }

  @ParameterizedTest
  @MethodSource("services")
  void aServiceHasAFixedVersionOfItsImage(String name) {
    assertThat(compose.service(name).getString("image")).matches("[\\w/]+:v?\\d+\\.\\d+(\\.\\d+)?");
  }

  @ParameterizedTest
  @MethodSource("services")
  void theFilesOfAServiceExist(String name) {
    assertThat(compose.mounts(name))
        .isNotEmpty()
        .allSatisfy(
            mount ->
                assertThat(DocumentedCode.path(ComposeFile.FOLDER + mount.source()))
                    .isRegularFile());
  }

  @ParameterizedTest
  @MethodSource("services")
  void portsAreOpenOnThisMachineOnly(String name) {
    assertThat(compose.service(name).getJsonArray("ports"))
        .isNotEmpty()
        .allSatisfy(port -> assertThat((String) port).startsWith("127.0.0.1:"));
  }

  @Test
  void everyServiceHasItsOwnAddressInTheNetwork() {
    String subnet =
        compose
            .section("networks")
            .getJsonObject("linkspan")
            .getJsonObject("ipam")
            .getJsonArray("config")
            .getJsonObject(0)
            .getString("subnet");
    assertThat(subnet).endsWith(".0/24");
    assertThat(compose.services().stream().map(compose::address))
        .doesNotHaveDuplicates()
        .allMatch(address -> address.startsWith(subnet.substring(0, subnet.indexOf(".0/24") + 1)));
  }

  @ParameterizedTest
  @MethodSource("nodes")
  void aNodeFindsAllOthersAndBelievesHaproxy(String node) throws Exception {
    GatewayConfig config = config(node);
    assertThat(compose.service(node).getString("image")).endsWith(":" + Version.current());
    assertThat(config.cluster().enabled()).isTrue();
    assertThat(config.cluster().security().enabled()).isTrue();
    assertThat(config.cluster().host()).isEqualTo(compose.address(node));
    String text = DocumentedCode.read(ComposeFile.FOLDER + "linkspan.yaml");
    for (String other : compose.nodes()) {
      assertThat(text).contains(compose.address(other) + ":" + config.cluster().port());
    }
    assertThat(text.split("trusted: \\[" + compose.address("haproxy") + "]", -1)).hasSize(3);
  }

  @ParameterizedTest
  @MethodSource("nodes")
  void aNodeHasTimeToDrainAndMemoryForItsHeapAndBuffers(String node) throws Exception {
    JsonObject service = compose.service(node);
    String grace = service.getString("stop_grace_period");
    assertThat(Duration.ofSeconds(Long.parseLong(grace.replace("s", ""))))
        .isGreaterThan(config(node).drain().timeout());
    assertThat(service.getString("mem_limit")).isEqualTo("1g");
    String options = compose.environment(node).get("JAVA_TOOL_OPTIONS");
    long heap = NODE_MIB * number(options, "-XX:MaxRAMPercentage=(\\d+)") / 100;
    long direct = number(options, "-XX:MaxDirectMemorySize=(\\d+)m");
    assertThat(heap + direct + JVM_MIB).isLessThanOrEqualTo(NODE_MIB);
  }

  private static long number(String options, String pattern) {
    Matcher option = Pattern.compile(pattern).matcher(options);
    assertThat(option.find()).as("%s in %s", pattern, options).isTrue();
    return Long.parseLong(option.group(1));
  }

  @Test
  void haproxyAndPrometheusHaveEveryNode() throws Exception {
    String haproxy = DocumentedCode.read(ComposeFile.FOLDER + "haproxy.cfg");
    JsonNode targets = yaml("prometheus.yaml").at("/scrape_configs/0/static_configs/0/targets");
    assertThat(targets).hasSize(compose.nodes().size());
    for (String node : compose.nodes()) {
      GatewayConfig config = config(node);
      String server = "  server " + node + " " + compose.address(node) + ":";
      assertThat(haproxy)
          .contains(server + config.http().port() + " ")
          .contains(server + config.tcp().listeners().get(0).port() + "\n")
          .contains("check port " + config.management().port() + " ");
      assertThat(targets.toString())
          .contains("\"" + compose.address(node) + ":" + config.management().port() + "\"");
    }
  }

  @Test
  void grafanaReadsFromPrometheusAndShowsTheDashboard() throws Exception {
    JsonNode source = yaml("grafana/datasource.yaml").at("/datasources/0");
    assertThat(source.path("url").asText())
        .isEqualTo("http://" + compose.address("prometheus") + ":9090");
    Map<String, String> targets =
        compose.mounts("grafana").stream()
            .collect(Collectors.toMap(ComposeFile.Mount::source, ComposeFile.Mount::target));
    String dashboard = targets.get("grafana/dashboard.json");
    assertThat(dashboard)
        .startsWith(yaml("grafana/provider.yaml").at("/providers/0/options/path").asText() + "/")
        .isEqualTo(compose.environment("grafana").get("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"));
  }

  @Test
  void theDocumentCreatesTheSecretsThatTheFileRequires() {
    String commands = DocumentedCode.block("docs/deploy.md", "sh", "docs/deploy/.env");
    assertThat(commands).contains("docker compose -f docs/deploy/compose.yaml up");
    SECRETS.keySet().forEach(secret -> assertThat(commands).contains(secret + "="));
    assertThat(DocumentedCode.read(".gitignore")).contains("docs/deploy/.env\n");
  }
}
