package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Comments refer to sections of the protocol's page that exist. */
class SectionReferencesTest {
  private static final Path PAGE = Path.of("docs/protocols/enet.md");
  private static final Pattern HEADING =
      Pattern.compile("^##+ (\\d+(?:\\.\\d+)?)\\.? ", Pattern.MULTILINE);
  private static final Pattern REFERENCE = Pattern.compile("§(\\d+(?:\\.\\d+)?)");
  private static final List<Path> ROOTS =
      List.of(
          Path.of("src/main/java/io/linkspan/protocol/enet"),
          Path.of("src/main/java/io/linkspan/transport/enet"),
          Path.of("src/test/java/io/linkspan/protocol/enet"),
          Path.of("src/test/java/io/linkspan/transport/enet"));

  @Test
  void everySectionThatIsReferredToExists() throws IOException {
    Set<String> references = numbers(REFERENCE, Files.readString(PAGE));
    for (Path root : ROOTS) {
      try (Stream<Path> files = Files.list(root)) {
        for (Path file : files.toList()) {
          references.addAll(numbers(REFERENCE, Files.readString(file)));
        }
      }
    }
    assertThat(references).hasSizeGreaterThan(20);
    assertThat(numbers(HEADING, Files.readString(PAGE))).containsAll(references);
  }

  private static Set<String> numbers(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
