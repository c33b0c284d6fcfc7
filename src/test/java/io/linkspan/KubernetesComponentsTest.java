package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.linkspan.testing.ChildProcess;
import io.linkspan.testing.DocumentedCode;
import io.linkspan.testing.KubernetesManifests;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Renders the manifests with all components, and compares these with the configuration. */
@EnabledIf(
    value = "io.linkspan.testing.KubernetesManifests#knowsComponents",
    disabledReason = "kubectl is not installed, or older than 1.21")
class KubernetesComponentsTest {

  /** The longest silence of a client that is well, of both transports of HTTP. */
  private static final Duration SILENCE = Duration.ofSeconds(25);

  private static final String DOCUMENT = "docs/deploy.md";

  private static KubernetesManifests manifests;
  private static GatewayConfig config;

  @BeforeAll
  static void render(@TempDir Path folder) throws Exception {
    manifests = KubernetesManifests.render(folder, KubernetesManifests.components());
    config = GatewayConfig.load(null, Map.of("LINKSPAN_TCP_ENABLED", "true"));
  }

  private static JsonNode portOf(String service) {
    return manifests.named("Service", service).at("/spec/ports/0");
  }

  @Test
  void theDocumentNamesEveryComponent() throws Exception {
    assertThat(KubernetesManifests.components())
        .isNotEmpty()
        .allSatisfy(
            component ->
                assertThat(DocumentedCode.read(DOCUMENT))
                    .contains("docs/deploy/kubernetes/" + component));
  }

  @Test
  void everyComponentRendersAlone(@TempDir Path folder) throws Exception {
    for (String component : KubernetesManifests.components()) {
      assertThat(KubernetesManifests.render(folder, List.of(component)).only("StatefulSet"))
          .as(component)
          .isNotNull();
    }
  }

  @Test
  void tcpClientsReachTheListenerThatTheComponentOpens() {
    JsonNode container = manifests.only("StatefulSet").at("/spec/template/spec/containers/0");
    assertThat(container.path("env").findValuesAsText("name"))
        .contains("LINKSPAN_TCP_ENABLED", "LINKSPAN_TCP_HOST", "LINKSPAN_CLUSTER_HOST");
    int port = config.tcp().listeners().get(0).port();
    assertThat(container.path("ports"))
        .anySatisfy(
            one -> {
              assertThat(one.path("name").asText()).isEqualTo("tcp");
              assertThat(one.path("containerPort").asInt()).isEqualTo(port);
            });
    assertThat(portOf("linkspan-tcp").path("targetPort").asText()).isEqualTo("tcp");
    assertThat(portOf("linkspan-tcp").path("port").asInt()).isEqualTo(port);
    JsonNode clients = manifests.only("NetworkPolicy").at("/spec/ingress/0");
    assertThat(clients.has("from")).isFalse();
    assertThat(clients.path("ports").findValuesAsText("port"))
        .containsExactlyInAnyOrder("http", "enet", "tcp");
  }

  @Test
  void theLoadBalancerKeepsTheAddressesOfEnetClients() {
    JsonNode service = manifests.named("Service", "linkspan-enet").path("spec");
    assertThat(service.path("type").asText()).isEqualTo("LoadBalancer");
    assertThat(service.path("externalTrafficPolicy").asText()).isEqualTo("Local");
    assertThat(service.at("/ports/0/protocol").asText()).isEqualTo("UDP");
  }

  @Test
  void theIngressAllowsSilenceAndLeadsToTheHttpService() {
    JsonNode ingress = manifests.only("Ingress");
    JsonNode backend = ingress.at("/spec/rules/0/http/paths/0/backend/service");
    assertThat(portOf(backend.path("name").asText()).path("name"))
        .isEqualTo(backend.at("/port/name"));
    assertThat(ingress.at("/spec/tls/0/hosts/0")).isEqualTo(ingress.at("/spec/rules/0/host"));
    JsonNode annotations = ingress.at("/metadata/annotations");
    for (String timeout :
        List.of(
            "nginx.ingress.kubernetes.io/proxy-read-timeout",
            "nginx.ingress.kubernetes.io/proxy-send-timeout",
            "haproxy.org/timeout-tunnel")) {
      String seconds = annotations.path(timeout).asText().replace("s", "");
      assertThat(Duration.ofSeconds(Long.parseLong(seconds)))
          .isGreaterThan(SILENCE.multipliedBy(2));
    }
    assertThat(config.websocket().heartbeat().interval()).isLessThanOrEqualTo(SILENCE);
  }

  @Test
  void theGatewayHasAListenerForEachRouteAndARouteForEachTransport() {
    JsonNode gateway = manifests.only("Gateway");
    Set<String> listeners = new HashSet<>(gateway.at("/spec/listeners").findValuesAsText("name"));
    listeners.remove("linkspan-tls");
    Set<String> used = new HashSet<>();
    for (String kind : List.of("HTTPRoute", "TCPRoute", "UDPRoute")) {
      JsonNode route = manifests.only(kind).path("spec");
      JsonNode parent = route.at("/parentRefs/0");
      assertThat(parent.path("name")).isEqualTo(gateway.at("/metadata/name"));
      used.add(parent.path("sectionName").asText());
      JsonNode backend = route.at("/rules/0/backendRefs/0");
      assertThat(portOf(backend.path("name").asText()).path("port"))
          .as(kind)
          .isEqualTo(backend.path("port"));
    }
    assertThat(used).isEqualTo(listeners);
    assertThat(manifests.only("HTTPRoute").at("/spec/rules/0/timeouts"))
        .isNotEmpty()
        .allSatisfy(timeout -> assertThat(timeout.asText()).as("no limit").isEqualTo("0s"));
  }

  @Test
  void theAutoscalerCountsConnectionsAndMeasuresProcessors() {
    JsonNode metrics = manifests.only("HorizontalPodAutoscaler").at("/spec/metrics");
    assertThat(metrics.findValuesAsText("type")).contains("Resource", "Pods");
    JsonNode pods = metrics.path(1).path("pods");
    assertThat(pods.at("/metric/name").asText()).isEqualTo("linkspan_connections");
    assertThat(pods.at("/target/averageValue").asInt()).isEqualTo(13_000);
    assertThat(manifests.only("StatefulSet").at("/spec/template/spec/containers/0/env"))
        .anySatisfy(
            variable -> {
              assertThat(variable.path("name").asText()).isEqualTo("LINKSPAN_REBALANCE_MODE");
              assertThat(variable.path("value").asText()).isEqualTo("auto");
            });
  }

  @Test
  void prometheusScrapesThePortOfOneService() {
    JsonNode monitor = manifests.only("ServiceMonitor").path("spec");
    String port = monitor.at("/endpoints/0/port").asText();
    assertThat(manifests.all("Service"))
        .allSatisfy(
            service ->
                monitor
                    .at("/selector/matchLabels")
                    .properties()
                    .forEach(
                        label ->
                            assertThat(service.at("/metadata/labels").path(label.getKey()))
                                .isEqualTo(label.getValue())));
    assertThat(manifests.all("Service"))
        .filteredOn(service -> service.at("/spec/ports/0/name").asText().equals(port))
        .hasSize(1);
    String job = monitor.path("jobLabel").asText();
    assertThat(
            manifests
                .named("Service", "linkspan-management")
                .at("/metadata/labels")
                .path(job)
                .asText())
        .as("the job of the alerts")
        .isEqualTo("linkspan");
  }

  @Test
  void theDocumentedCommandMakesARuleOfTheAlerts() throws Exception {
    String command = DocumentedCode.block(DOCUMENT, "sh", "kind: PrometheusRule");
    String print = command.substring(0, command.indexOf("| kubectl"));
    try (var shell = new ChildProcess(new ProcessBuilder("sh", "-c", print))) {
      shell.awaitSuccess();
      var yaml = new YAMLMapper();
      JsonNode rule = yaml.readTree(shell.output());
      assertThat(rule.path("kind").asText()).isEqualTo("PrometheusRule");
      assertThat(rule.at("/spec/groups"))
          .isEqualTo(yaml.readTree(DocumentedCode.read("docs/deploy/alerts.yaml")).path("groups"));
    }
  }
}
