package io.linkspan.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program of {@code src/test/socketio-java}, run from its source with a class path of its own.
 */
public final class JavaSource {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();

  private JavaSource() {}

  /**
   * Runs it; it has to end well.
   *
   * @param libraries a folder of the build with the jars it needs
   */
  public static void run(String program, String libraries, Object... arguments)
      throws InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-cp", PROJECT.resolve("target/" + libraries) + "/*"));
    command.add(PROJECT.resolve("src/test/socketio-java/" + program).toString());
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    try (var process = new ChildProcess(new ProcessBuilder(command))) {
      process.awaitSuccess();
    }
  }
}
