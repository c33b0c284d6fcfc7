package io.linkspan.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTreeTest {

  @TempDir Path folder;

  private ConfigTree tree(String yaml, Map<String, String> environment) throws IOException {
    return ConfigTree.read(Files.writeString(folder.resolve("a.yaml"), yaml), environment);
  }

  private static ConfigValue value(ConfigTree tree, String key) {
    return tree.values().stream()
        .filter(value -> value.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everyValueIsOfTheLastLayerThatHasIt() throws IOException {
    ConfigTree tree =
        tree(
            "http: {port: 1, origins: [a, b]}\nrevocation: {max: 200}",
            Map.of("LINKSPAN_HTTP_PORT", "2"));
    assertThat(value(tree, "http.port"))
        .isEqualTo(new ConfigValue("http.port", "\"2\"", ConfigValue.Source.ENVIRONMENT));
    assertThat(value(tree, "http.origins"))
        .isEqualTo(new ConfigValue("http.origins", "[\"a\",\"b\"]", ConfigValue.Source.FILE));
    assertThat(value(tree, "revocation.max").source()).isEqualTo(ConfigValue.Source.FILE);
    assertThat(value(tree, "revocation.keep").source()).isEqualTo(ConfigValue.Source.DEFAULT);
  }

  @Test
  void differencesAreFoundWhereverAValueIsFrom() throws IOException {
    ConfigTree before = tree("http: {port: 1}\nrevocation: {max: 200}", Map.of());
    assertThat(before.readAgain().differencesFrom(before)).isEmpty();
    assertThat(before.readAgain().generation()).isEqualTo(1);
    ConfigTree after = tree("revocation: {max: 201}", Map.of("LINKSPAN_HTTP_PORT", "1"));
    assertThat(after.differencesFrom(before)).isEqualTo(List.of("revocation.max"));
  }

  @Test
  void aMixedTreeHasTheValuesOfBothAndTheirLines() throws Exception {
    ConfigTree before = tree("http:\n  host: ''\n  port: many", Map.of());
    ConfigTree mixed =
        tree("http: {port: 7}\n\nlimits:\n  inFlight: few", Map.of())
            .with(before, List.of("http.port"));
    assertThat(value(mixed, "http.port").json()).isEqualTo("\"many\"");
    ConfigNode root = mixed.root();
    root.section("http").port("port");
    root.section("limits").count("inFlight", 0);
    ConfigException e = catchThrowableOfType(ConfigException.class, root::throwIfRejected);
    assertThat(e.problems().get(0)).contains("a.yaml:3: http.port: \"many\"");
    assertThat(e.problems().get(1)).contains("a.yaml:4: limits.inFlight: \"few\"");
    assertThat(before.differencesFrom(mixed)).containsExactly("http.host", "limits.inFlight");
  }

  @Test
  void aViewIsMadeOnceForEachValue() {
    var live = new Live<>("a");
    Supplier<StringBuilder> view = live.view(StringBuilder::new);
    StringBuilder first = view.get();
    assertThat(view.get()).isSameAs(first);
    live.set("b");
    assertThat(view.get().toString()).isEqualTo("b");
    assertThat(view.get()).isSameAs(view.get()).isNotSameAs(first);
  }
}
