package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.config.ConfigTree;
import io.linkspan.config.ConfigValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReloadableKeysTest {

  private static final Pattern QUOTED = Pattern.compile("`([\\w.]+)`");

  private static final List<String> ALL =
      ConfigTree.read(null, Map.of()).values().stream().map(ConfigValue::key).toList();

  @Test
  void everyNameStandsForKeysOfTheConfiguration() {
    assertThat(Stream.concat(ReloadableKeys.KEYS.stream(), ReloadableKeys.EXCEPTIONS.stream()))
        .allMatch(
            name -> ALL.stream().anyMatch(name.endsWith(".") ? key(name) : name::equals), "a key");
    assertThat(ReloadableKeys.EXCEPTIONS).noneMatch(ReloadableKeys::contains);
  }

  private static Predicate<String> key(String section) {
    return key -> key.startsWith(section);
  }

  @Test
  void whatBindsPortsAndJoinsTheClusterNeedsARestart() {
    assertThat(
            ALL.stream()
                .filter(
                    key ->
                        key.endsWith("port")
                            || key.endsWith(".host")
                            || key.startsWith("cluster.")
                            || key.startsWith("enet.")
                            || key.startsWith("session.")
                            || key.startsWith("memory.")
                            || key.equals("verticles")
                            || key.equals("eventLoops"))
                .filter(key -> !key.startsWith("upstream.")))
        .isNotEmpty()
        .noneMatch(ReloadableKeys::contains);
    assertThat(ALL.stream().filter(ReloadableKeys::contains)).hasSizeGreaterThan(100);
  }

  @Test
  void theGuideListsTheKeysAndTheExceptions() throws IOException {
    String page = Files.readString(Path.of("docs", "operations.md"));
    int begin = page.indexOf("## Change without restart");
    String section = page.substring(begin, page.indexOf("\n## ", begin + 1));
    List<String> listed = new ArrayList<>();
    for (String row : section.lines().toList()) {
      if (row.startsWith("| `")) {
        listed.addAll(names(row.substring(0, row.indexOf('|', 1))));
      }
    }
    assertThat(listed).containsExactlyInAnyOrderElementsOf(ReloadableKeys.KEYS);
    int exceptions = section.indexOf("All others need a restart");
    assertThat(names(section.substring(exceptions, section.indexOf("\n\n", exceptions))))
        .isEqualTo(ReloadableKeys.EXCEPTIONS);
  }

  private static List<String> names(String text) {
    Matcher quoted = QUOTED.matcher(text);
    return quoted.results().map(name -> name.group(1)).toList();
  }
}
