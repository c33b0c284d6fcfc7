package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.config.Hosts;
import io.linkspan.testing.KubernetesManifests;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.TestGateway;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the manifests with the configuration of their pods. */
class KubernetesManifestsTest {

  private static final String POD_IP = "10.1.2.3";
  private static final String API_KEY = "a secret of the cluster";

  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;

  /** Memory outside the heap, from docs/benchmarks.md, and of a socket in the kernel, estimated. */
  private static final long CONNECTION_BYTES = 1_569 + 4 * KIB;

  /** Code, metaspace and threads; docs/deploy.md. */
  private static final long JVM_BYTES = 200 * MIB;

  private static KubernetesManifests manifests;

  @TempDir Path folder;

  private JsonNode statefulSet;
  private JsonNode labels;
  private JsonNode pod;
  private JsonNode container;
  private GatewayConfig config;

  @BeforeAll
  static void render() throws Exception {
    manifests = KubernetesManifests.render();
  }

  @BeforeEach
  void startPod() throws Exception {
    statefulSet = manifests.only("StatefulSet");
    labels = statefulSet.at("/spec/template/metadata/labels");
    pod = statefulSet.at("/spec/template/spec");
    container = pod.at("/containers/0");
    config = GatewayConfig.load(configurationFile(), environment());
  }

  /** Returns the file that is mounted at the path of the configuration. */
  private Path configurationFile() throws Exception {
    assertThat(texts(container.path("args"))).startsWith("run", "--conf").hasSize(3);
    Path file = Path.of(container.at("/args/2").asText());
    String volume =
        one(container.path("volumeMounts"), "mountPath", file.getParent().toString())
            .path("name")
            .asText();
    String map = one(pod.path("volumes"), "name", volume).at("/configMap/name").asText();
    JsonNode yaml = manifests.named("ConfigMap", map).path("data").path(file.getFileName() + "");
    assertThat(yaml.isTextual()).as("%s has %s", map, file.getFileName()).isTrue();
    return Files.writeString(folder.resolve("linkspan.yaml"), yaml.asText());
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    for (JsonNode variable : container.path("env")) {
      JsonNode value = variable.has("value") ? variable.get("value") : variable.path("valueFrom");
      environment.put(variable.path("name").asText(), value(value));
    }
    return environment;
  }

  private static String value(JsonNode value) {
    if (value.isTextual()) {
      return value.asText();
    }
    if (value.has("secretKeyRef")) {
      return API_KEY;
    }
    assertThat(value.at("/fieldRef/fieldPath").asText()).isEqualTo("status.podIP");
    return POD_IP;
  }

  /**
   * Number and protocol of each port that the configuration opens, by its name in the manifests.
   */
  private Map<String, String> listeners() {
    return Map.of(
        "http", config.http().port() + "/TCP",
        "enet", config.enet().port() + "/UDP",
        "management", config.management().port() + "/TCP",
        "hazelcast", config.cluster().port() + "/TCP",
        "bus", config.cluster().busPort() + "/TCP");
  }

  @Test
  void aPodListensOnAllAddresses() {
    assertThat(Hosts.isLoopback(config.http().host())).isFalse();
    assertThat(config.enet().enabled()).isTrue();
    assertThat(Hosts.isLoopback(config.enet().host())).isFalse();
    assertThat(Hosts.isLoopback(config.management().host())).isFalse();
    assertThat(config.management().apiKey()).isEqualTo(API_KEY);
  }

  @Test
  void theDocumentedSecretsAreThoseThatPodsUse() throws Exception {
    for (String variable : List.of("LINKSPAN_MANAGEMENT_APIKEY", "LINKSPAN_CLUSTER_SECRET")) {
      JsonNode key = one(container.path("env"), "name", variable).at("/valueFrom/secretKeyRef");
      assertThat(Files.readString(Path.of("docs", "deploy.md")))
          .contains(
              "create secret generic %s --from-literal=%s="
                  .formatted(key.path("name").asText(), key.path("key").asText()));
    }
  }

  @Test
  void membersOfTheClusterAuthenticateEachOther() {
    assertThat(config.cluster().security().enabled()).isTrue();
    JsonNode previous =
        one(container.path("env"), "name", "LINKSPAN_CLUSTER_PREVIOUSSECRET")
            .at("/valueFrom/secretKeyRef");
    assertThat(previous.path("optional").asBoolean()).as("only while it is replaced").isTrue();
  }

  @Test
  void theDocumentedCertificatesAreWhereTheSecretIsMounted() throws Exception {
    JsonNode secret = one(pod.path("volumes"), "name", "certificates").path("secret");
    String path =
        one(container.path("volumeMounts"), "name", "certificates").path("mountPath").asText();
    assertThat(secret.path("optional").asBoolean()).isTrue();
    assertThat(Files.readString(Path.of("docs", "deploy.md")))
        .contains(
            secret.path("secretName").asText(),
            path + "/tls.crt",
            path + "/tls.key",
            path + "/ca.crt");
  }

  @Test
  void aPodFindsTheOthersByTheNameOfTheHeadlessService() {
    String name = statefulSet.at("/spec/serviceName").asText();
    assertThat(config.cluster().enabled()).isTrue();
    assertThat(config.cluster().host()).isEqualTo(POD_IP);
    assertThat(config.cluster().join()).isEqualTo(new ClusterConfig.Kubernetes(name));
    JsonNode service = manifests.named("Service", name).path("spec");
    assertThat(service.path("clusterIP").asText()).isEqualTo("None");
    assertThat(service.path("publishNotReadyAddresses").asBoolean()).isTrue();
    assertThat(service.path("ports").findValuesAsText("name"))
        .containsExactlyInAnyOrder("hazelcast", "bus");
  }

  @Test
  void aContainerHasThePortsThatItsConfigurationOpens() {
    Map<String, String> ports = new HashMap<>();
    container.path("ports").forEach(port -> ports.put(port.path("name").asText(), number(port)));
    assertThat(ports).isEqualTo(listeners());
    // Any free port could be named nowhere.
    assertThat(ports.values()).noneMatch(port -> port.startsWith("0/"));
  }

  @Test
  void eachServiceLeadsToAPortOfThePods() {
    Set<String> reachable = new HashSet<>();
    for (JsonNode service : manifests.all("Service")) {
      assertSelectsPods(service.at("/spec/selector"));
      for (JsonNode port : service.at("/spec/ports")) {
        String target = port.path("targetPort").asText();
        assertThat(number(port)).as(target).isEqualTo(listeners().get(target));
        reachable.add(target);
      }
    }
    assertThat(reachable).isEqualTo(listeners().keySet());
  }

  @Test
  void theNetworkPolicyOpensEachPortToItsClients() {
    JsonNode policy = manifests.only("NetworkPolicy").path("spec");
    assertSelectsPods(policy.at("/podSelector/matchLabels"));
    assertThat(texts(policy.path("policyTypes"))).containsExactly("Ingress");
    Map<String, JsonNode> sources = new HashMap<>();
    for (JsonNode rule : policy.path("ingress")) {
      for (JsonNode port : rule.path("ports")) {
        String name = port.path("port").asText();
        assertThat(listeners().get(name)).as(name).endsWith("/" + protocol(port));
        assertThat(sources.put(name, rule.path("from"))).as("a second rule for " + name).isNull();
      }
    }
    assertThat(sources.keySet()).isEqualTo(listeners().keySet());
    assertThat(sources.get("http").isMissingNode()).isTrue();
    assertThat(sources.get("enet").isMissingNode()).isTrue();
    assertThat(sources.get("management").at("/0/podSelector/matchLabels")).isNotEmpty();
    for (String port : List.of("hazelcast", "bus")) {
      JsonNode from = sources.get(port);
      assertThat(from).as(port).hasSize(1);
      assertThat(from.path(0).has("namespaceSelector")).as("another namespace").isFalse();
      assertSelectsPods(from.at("/0/podSelector/matchLabels"));
    }
  }

  @Test
  void everySelectorSelectsThePods() {
    assertSelectsPods(statefulSet.at("/spec/selector/matchLabels"));
    assertSelectsPods(manifests.only("PodDisruptionBudget").at("/spec/selector/matchLabels"));
    for (JsonNode spread : pod.path("topologySpreadConstraints")) {
      assertSelectsPods(spread.at("/labelSelector/matchLabels"));
    }
    JsonNode scaled = manifests.only("HorizontalPodAutoscaler").at("/spec/scaleTargetRef");
    for (String key : List.of("apiVersion", "kind")) {
      assertThat(scaled.path(key)).isEqualTo(statefulSet.path(key));
    }
    assertThat(scaled.path("name")).isEqualTo(statefulSet.at("/metadata/name"));
    assertThat(statefulSet.at("/spec/replicas").isMissingNode()).as("the autoscaler's").isTrue();
  }

  @Test
  void theProbesUsePathsOfTheManagementPort() {
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
        JsonNode request = container.path(probe).path("httpGet");
        assertThat(request.path("port").asText()).as(probe).isEqualTo("management");
        try (RawHttp http = RawHttp.get(gateway.managementPort(), request.path("path").asText())) {
          assertThat(http.response().status()).as(probe).isEqualTo(200);
        }
      }
    }
  }

  @Test
  void aPodHasTimeForItsPauseAndItsDrain() {
    Duration pause = Duration.ofSeconds(container.at("/lifecycle/preStop/sleep/seconds").asLong());
    assertThat(pause).isPositive();
    assertThat(Duration.ofSeconds(pod.path("terminationGracePeriodSeconds").asLong()))
        .isGreaterThan(pause.plus(config.drain().timeout()));
  }

  @Test
  void theDrainClosesAllClientsOfAFullPodInTime() {
    DrainConfig drain = config.drain();
    int batches = (config.limits().connections() + drain.batch() - 1) / drain.batch();
    assertThat(batches).isPositive();
    assertThat(drain.pause().multipliedBy(batches)).isLessThan(drain.timeout().dividedBy(2));
  }

  @Test
  void aFullPodFitsItsMemory() {
    long limit = bytes(container.at("/resources/limits/memory").asText());
    assertThat(bytes(container.at("/resources/requests/memory").asText())).isEqualTo(limit);
    long heap = limit * Long.parseLong(option("-XX:MaxRAMPercentage=(\\d+)")) / 100;
    long direct = Long.parseLong(option("-XX:MaxDirectMemorySize=(\\d+)m")) * MIB;
    long beside = JVM_BYTES + config.limits().connections() * CONNECTION_BYTES;
    assertThat(heap + direct + beside).isLessThanOrEqualTo(limit);
  }

  @Test
  void theJvmAcceptsItsOptionsAndUsesTheRequestedProcessors() throws Exception {
    assertThat(option("-XX:ActiveProcessorCount=(\\d+)"))
        .isEqualTo(container.at("/resources/requests/cpu").asText());
    assertThat(config.eventLoops()).as("one for each processor").isZero();
    // With less Hazelcast starts a thread for each answer.
    assertThat(option("-Djava.util.concurrent.ForkJoinPool.common.parallelism=(\\d+)"))
        .satisfies(threads -> assertThat(Integer.parseInt(threads)).isGreaterThan(1));
    String jvm = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    // Half of this machine's memory is not to be touched for it.
    var builder = new ProcessBuilder(jvm, "-Xms16m", "-Xmx16m", "-version");
    builder.environment().put("JAVA_TOOL_OPTIONS", javaOptions());
    Path output = folder.resolve("java.txt");
    Process java = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(java.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(java.exitValue()).as(Files.readString(output)).isZero();
  }

  @Test
  void aContainerHasOnlyThePrivilegesThatItNeeds() {
    assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
    assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
    assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
    JsonNode security = container.path("securityContext");
    assertThat(security.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
    assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(texts(security.at("/capabilities/drop"))).containsExactly("ALL");
  }

  private void assertSelectsPods(JsonNode selector) {
    assertThat(selector.isEmpty()).as("a selector that selects everything").isFalse();
    selector
        .properties()
        .forEach(entry -> assertThat(labels.get(entry.getKey())).isEqualTo(entry.getValue()));
  }

  private String javaOptions() {
    return one(container.path("env"), "name", "JAVA_TOOL_OPTIONS").path("value").asText();
  }

  private String option(String pattern) {
    Matcher option = Pattern.compile("(?:^| )" + pattern + "(?: |$)").matcher(javaOptions());
    assertThat(option.find()).as("%s in %s", pattern, javaOptions()).isTrue();
    return option.group(1);
  }

  private static long bytes(String quantity) {
    assertThat(quantity).matches("\\d+[MG]i");
    long number = Long.parseLong(quantity.substring(0, quantity.length() - 2));
    return number * (quantity.endsWith("Gi") ? KIB * MIB : MIB);
  }

  private static String number(JsonNode port) {
    return port.path(port.has("port") ? "port" : "containerPort").asText() + "/" + protocol(port);
  }

  private static String protocol(JsonNode port) {
    return port.path("protocol").asText("TCP");
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  private static JsonNode one(JsonNode list, String key, String value) {
    for (JsonNode item : list) {
      if (item.path(key).asText().equals(value)) {
        return item;
      }
    }
    throw new AssertionError("nothing has " + key + " " + value + " in " + list);
  }
}
