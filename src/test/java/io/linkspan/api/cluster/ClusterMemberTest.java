package io.linkspan.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterMemberTest {

  @TempDir private Path folder;

  private Throwable failure(String configuration) throws IOException {
    Path file = Files.writeString(folder.resolve("linkspan.yaml"), configuration);
    return ClusterMember.join(file).cause();
  }

  @Test
  void everyProblemOfTheClusterIsReported() throws IOException {
    assertThat(failure("{eventLoops: -1, cluster: {enabled: true, port: 70000}}"))
        .isInstanceOfSatisfying(
            ConfigException.class,
            invalid ->
                assertThat(invalid.problems())
                    .anyMatch(problem -> problem.contains(" cluster.port: 70000"))
                    .anyMatch(problem -> problem.contains(" eventLoops: -1")));
  }

  @Test
  void valuesOfOtherSectionsAreIgnored() throws IOException {
    assertThat(failure("{http: {port: 70000}}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cluster.enabled is false: there is nothing to join");
  }
}
