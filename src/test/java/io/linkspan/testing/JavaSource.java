package io.linkspan.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Runs programs of {@code src/test/socketio-java}, each with a class path of its own. */
public final class JavaSource {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Set<Path> COMPILED = new HashSet<>();

  private JavaSource() {}

  /**
   * Compiles a program where that is not done yet, and runs it to its successful end.
   *
   * @param libraries a folder of the build with the jars of the program
   */
  public static void run(String program, String libraries, Object... arguments)
      throws InterruptedException {
    String jars = PROJECT.resolve("target/" + libraries) + "/*";
    Path classes = PROJECT.resolve("target/" + libraries + "-" + program);
    compile(program, jars, classes);
    List<String> command = command("java");
    command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", classes + java.io.File.pathSeparator + jars, program));
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    execute(command);
  }

  private static synchronized void compile(String program, String jars, Path classes)
      throws InterruptedException {
    if (COMPILED.add(classes)) {
      List<String> command = command("javac");
      command.addAll(List.of("-cp", jars, "-d", classes.toString()));
      command.add(PROJECT.resolve("src/test/socketio-java/" + program + ".java").toString());
      execute(command);
    }
  }

  private static List<String> command(String tool) {
    return new ArrayList<>(
        List.of(Path.of(System.getProperty("java.home"), "bin", tool).toString()));
  }

  private static void execute(List<String> command) throws InterruptedException {
    try (var process = new ChildProcess(new ProcessBuilder(command))) {
      process.awaitSuccess();
    }
  }
}
