package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.linkspan.testing.Dockerfile;
import io.linkspan.testing.DocumentedCode;
import io.linkspan.testing.KubernetesManifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Compares the Dockerfile with the configuration, the manifests and the build. */
class ImageTest {

  private static List<String> instructions(String name) {
    return Dockerfile.instructions(name);
  }

  @Test
  void theImageExposesThePublicPorts() {
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
  void theImageIsLabelledWithTheVersionThatIsBuilt() {
    assertThat(Dockerfile.instruction("LABEL", "org."))
        .contains(
            "org.opencontainers.image.version=\"%s\"".formatted(Version.current()),
            "org.opencontainers.image.licenses=\"Apache-2.0\"",
            "org.opencontainers.image.revision=\"${REVISION}\"",
            "org.opencontainers.image.base.name=\"${BASE}\"");
    assertThat(instructions("ARG").stream().map(argument -> argument.split("=", -1)[0]))
        .contains("REVISION", "BASE", "BUILD_BASE");
  }

  @Test
  void bothBasesCanBePinnedByTheBuild() {
    assertThat(instructions("FROM")).containsExactly("${BUILD_BASE} AS build", "${BASE}");
    for (String base : List.of("BUILD_BASE", "BASE")) {
      assertThat(DocumentedCode.read("docs/deploy.md")).contains("--build-arg " + base + "=");
    }
  }

  @Test
  void theProcessEndsAtAnErrorOfMemoryWhateverTheOptionsOfTheContainerAre() {
    assertThat(Dockerfile.words("ENTRYPOINT")).contains("-XX:+ExitOnOutOfMemoryError");
    assertThat(Dockerfile.instruction("ENV", "JAVA_TOOL_OPTIONS")).contains("MaxRAMPercentage");
  }

  @Test
  void theArchiveOfClassesIsMadeForTheJarOfTheEntryPoint() {
    List<String> words = Dockerfile.words("ENTRYPOINT");
    String jar = words.get(words.indexOf("-jar") + 1);
    assertThat(Dockerfile.instruction("RUN", "java -XX:ArchiveClassesAtExit"))
        .contains("-jar " + jar + " ");
    assertThat(words).contains("-XX:SharedArchiveFile=" + jar.replace(".jar", ".jsa"));
  }

  @Test
  void theHealthCheckUsesThePortOfTheConfiguration() {
    assertThat(Dockerfile.instruction("HEALTHCHECK", "--interval"))
        .contains(
            "${LINKSPAN_MANAGEMENT_PORT:-%d}"
                .formatted(GatewayConfig.defaults().management().port()));
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
