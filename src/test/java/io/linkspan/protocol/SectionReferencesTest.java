package io.linkspan.protocol;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Comments refer to sections of a protocol's page that exist. */
class SectionReferencesTest {

  /** A page, and the packages whose comments refer to it. */
  private enum Page {
    ENET("enet.md", 20, List.of("protocol/enet", "transport/enet")),
    SOCKETIO(
        "socketio.md",
        5,
        List.of(
            "protocol/engineio", "protocol/socketio", "transport/engineio", "transport/socketio"));

    private final Path path;
    private final int atLeast;

    @SuppressWarnings("ImmutableEnumChecker") // made with List.of
    private final List<String> packages;

    Page(String file, int atLeast, List<String> packages) {
      path = Path.of("docs/protocols").resolve(file);
      this.atLeast = atLeast;
      this.packages = packages;
    }
  }

  private static final Pattern HEADING =
      Pattern.compile("^##+ (\\d+(?:\\.\\d+)?)\\.? ", Pattern.MULTILINE);

  /** Sections of an RFC are of another document. */
  private static final Pattern REFERENCE = Pattern.compile("(?<!RFC \\d{4} )§(\\d+(?:\\.\\d+)?)");

  private static final List<Path> ROOTS =
      List.of(Path.of("src/main/java/io/linkspan"), Path.of("src/test/java/io/linkspan"));

  @ParameterizedTest
  @EnumSource
  void everySectionThatIsReferredToExists(Page page) throws IOException {
    String text = Files.readString(page.path);
    Set<String> references = numbers(REFERENCE, text);
    for (String name : page.packages) {
      for (Path root : ROOTS) {
        addReferences(root.resolve(name), references);
      }
    }
    assertThat(references).hasSizeGreaterThan(page.atLeast);
    assertThat(numbers(HEADING, text)).containsAll(references);
  }

  private static void addReferences(Path directory, Set<String> references) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        references.addAll(numbers(REFERENCE, Files.readString(file)));
      }
    }
  }

  private static Set<String> numbers(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
