package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts the program in a process of its own, as an operator does. */
class MainTest {

  private record End(int exitCode, String output) {}

  @TempDir private Path folder;

  private End run(String value, List<String> options, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("LINKSPAN_"));
    builder.environment().put("LINKSPAN_HTTP_PORT", value);
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new End(process.waitFor(), output);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aStartWithoutArgumentsEndsAsTheCommandRunDoes() throws Exception {
    End plain = run("nonsense", List.of());
    assertThat(plain.exitCode()).isEqualTo(2);
    assertThat(plain.output()).contains("http.port");
    assertThat(run("nonsense", List.of(), "run")).isEqualTo(plain);
  }

  @Test
  void aStartWithoutArgumentsLoadsNoClassesThatReadThem() throws Exception {
    List<String> log = List.of("-Xlog:class+load");
    assertThat(run("nonsense", log).output())
        .contains("io.linkspan.Main ")
        .doesNotContain("picocli.CommandLine ");
    assertThat(run("nonsense", log, "run").output()).contains("picocli.CommandLine ");
  }
}
