package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.linkspan.testing.KubernetesManifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Compares the Dockerfile with the configuration, the manifests and the build. */
class ImageTest {

  /** The arguments of each instruction of this name. */
  private static List<String> instructions(String name) throws IOException {
    return Files.readAllLines(Path.of("Dockerfile")).stream()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .toList();
  }

  @Test
  void theImageExposesThePublicPorts() throws IOException {
    GatewayConfig config = GatewayConfig.defaults();
    assertThat(instructions("EXPOSE"))
        .containsExactly(
            "%d %d/udp %d"
                .formatted(config.http().port(), config.enet().port(), config.management().port()));
  }

  @Test
  void theImageAndThePodsUseTheSameUser() throws Exception {
    JsonNode pod =
        KubernetesManifests.render().only("StatefulSet").at("/spec/template/spec/securityContext");
    assertThat(instructions("USER"))
        .containsExactly(pod.path("runAsUser").asText() + ":" + pod.path("runAsGroup").asText());
  }

  @Test
  void podsRunTheVersionThatIsBuilt() throws Exception {
    JsonNode image = KubernetesManifests.kustomization().at("/images/0");
    assertThat(image.path("newTag").asText()).isEqualTo(Version.current());
    assertThat(
            KubernetesManifests.render()
                .only("StatefulSet")
                .at("/spec/template/spec/containers/0/image")
                .asText())
        .startsWith(image.path("newName").asText());
  }

  @Test
  void copiedFilesExistAndAreNotIgnored() throws IOException {
    List<String> sources =
        instructions("COPY").stream()
            .filter(copy -> !copy.startsWith("--from"))
            .map(copy -> copy.split(" ", 2)[0])
            .toList();
    assertThat(sources).isNotEmpty().allMatch(source -> Files.exists(Path.of(source)));
    assertThat(Files.readAllLines(Path.of(".dockerignore")))
        .contains("*")
        .containsAll(sources.stream().map(source -> "!" + source).toList());
  }
}
