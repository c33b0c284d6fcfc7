package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.CloseReason.MayReturn;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares the guides with the code. */
class DocumentationTest {

  /** A key of the configuration, indented by two spaces per level, with its default and comment. */
  private static final Pattern KEY =
      Pattern.compile("( *)(\\w+):(?: +('[^']*'|\"[^\"]*\"|\\[[^\\]]*\\]|[^#\\s]+))?(?: +# (.*))?");

  /** The rest of a comment that is longer than its line. */
  private static final Pattern MORE = Pattern.compile(" {20,}# (.*)");

  private static final Pattern TYPE = Pattern.compile("# TYPE (linkspan_\\w+) \\w+");

  /** Close codes from before the ranges. This set never grows. */
  private static final Set<Integer> OLDER_CODES =
      Set.of(4400, 4401, 4403, 4408, 4409, 4410, 4413, 4429);

  @TempDir Path folder;

  private static String page(String name) throws IOException {
    return Files.readString(Path.of("docs", name));
  }

  @Test
  void theReferenceHasEveryKeyWithItsDefaultAndComment() throws IOException {
    List<String> rows = new ArrayList<>();
    List<String> path = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("conf", "linkspan.yaml"))) {
      Matcher key = KEY.matcher(line);
      if (!key.matches()) {
        Matcher more = MORE.matcher(line);
        if (more.matches()) {
          String row = rows.remove(rows.size() - 1);
          rows.add(row.substring(0, row.length() - 1) + more.group(1) + " |");
        }
        continue;
      }
      path.subList(key.group(1).length() / 2, path.size()).clear();
      path.add(key.group(2));
      if (key.group(3) != null || key.group(4) != null) {
        String value = key.group(3) == null ? "" : " `" + key.group(3) + "`";
        String comment = key.group(4) == null ? "" : " " + key.group(4);
        rows.add("| `" + String.join(".", path) + "` |" + value + " |" + comment + " |");
      }
    }
    assertThat(rows).hasSizeGreaterThan(150);
    List<String> reference = page("operations.md").lines().toList();
    int first = reference.indexOf("| key | default | meaning |") + 2;
    assertThat(reference.subList(first, reference.size()))
        .as("run .ci/reference after a change of conf/linkspan.yaml")
        .containsExactlyElementsOf(rows);
  }

  @ParameterizedTest
  @EnumSource
  void theClientGuideHasEveryCloseReason(CloseReason reason) throws IOException {
    String reconnect =
        switch (reason.mayReturn()) {
          case AS_IT_LIKES -> "as you like";
          case AT_ONCE -> "at once";
          case LATER -> "later";
          case WITH_ANOTHER_TOKEN -> "with another identity";
          case NEVER -> "no";
        };
    assertThat(page("clients.md"))
        .containsPattern(
            "(?m)^\\| " + reason.code() + " \\| `" + reason.label() + "`.*\\| " + reconnect);
  }

  /** Clients that do not know a new code decide by its range. */
  @ParameterizedTest
  @EnumSource
  void aCloseCodeFollowsTheRangesUnlessItIsOlder(CloseReason reason) {
    if (reason.code() < 4000 || OLDER_CODES.contains(reason.code())) {
      return;
    }
    MayReturn expected =
        reason.code() < 4500
            ? MayReturn.LATER
            : reason.code() < 4600 ? MayReturn.WITH_ANOTHER_TOKEN : MayReturn.NEVER;
    assertThat(reason.mayReturn()).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource
  void theClientGuideHasEveryErrorCode(ErrorCode code) throws IOException {
    assertThat(page("clients.md")).contains("| `" + code.code() + "` | " + code.number() + " | ");
  }

  @Test
  void theGuidesHaveEveryMetric() throws Exception {
    Path file = folder.resolve("upstream.yaml");
    Files.writeString(
        file, "routes: [{to: \"service:legacy\", http: {url: \"http://127.0.0.1:9/\"}}]");
    String text;
    try (TestGateway gateway = TestGateway.start(file, Map.of("tcp.enabled", "true"))) {
      text = Scrape.text(gateway.managementPort());
    }
    Set<String> names =
        TYPE.matcher(text)
            .results()
            .map(type -> type.group(1).replaceFirst("_max$", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(names).contains("linkspan_upstream_breaker").hasSizeGreaterThan(25);
    // The page of upstreams abbreviates the names that differ in their last part only.
    String documented =
        page("operations.md")
            + page("upstreams.md")
                .replace("`_queued`, `_held`", "linkspan_upstream_queued linkspan_upstream_held ");
    assertThat(names).allSatisfy(name -> assertThat(documented).contains(name));
  }
}
