package io.linkspan.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs Prometheus, and its tool that checks files. */
public final class Promtool {

  private Promtool() {}

  /** Returns whether both are there. On CI it is true, so that the tests fail without them. */
  public static boolean available() {
    return "true".equals(System.getenv("CI"))
        || (Programs.isInstalled("promtool") && Programs.isInstalled("prometheus"));
  }

  /** Runs the tool, which must be satisfied. */
  public static void check(String... arguments) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of(Programs.find("promtool")));
    command.addAll(List.of(arguments));
    try (var tool = new ChildProcess(new ProcessBuilder(command))) {
      tool.awaitSuccess();
    }
  }

  /** Checks the names and types of the metrics in a file, which must follow the conventions. */
  public static void checkMetrics(Path file) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of(Programs.find("promtool")));
    command.addAll(List.of("check", "metrics"));
    try (var tool = new ChildProcess(new ProcessBuilder(command).redirectInput(file.toFile()))) {
      tool.awaitSuccess();
    }
  }

  /** Starts Prometheus in the folder of its configuration. */
  public static ChildProcess start(Path folder, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(Programs.find("prometheus")));
    command.addAll(arguments);
    return new ChildProcess(new ProcessBuilder(command).directory(folder.toFile()));
  }
}
