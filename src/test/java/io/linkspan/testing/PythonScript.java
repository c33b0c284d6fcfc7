package io.linkspan.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Runs a script of {@code docs/examples} with the system's Python and its packages. */
public final class PythonScript extends ChildProcess {

  /** Debian's packages are for this one, whatever else is in the path. */
  private static final Path PYTHON = Path.of("/usr/bin/python3");

  private static final Path WEBSOCKETS = Path.of("/usr/lib/python3/dist-packages/websockets");

  private PythonScript(ProcessBuilder builder) {
    super(builder);
  }

  /** Returns whether the package is there. On CI it is true, so that the tests fail without it. */
  public static boolean available() {
    return "true".equals(System.getenv("CI")) || Files.exists(WEBSOCKETS);
  }

  /** Starts an example of the documentation. */
  public static PythonScript example(String script, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(PYTHON.toString());
    command.add(DocumentedCode.path("docs/examples/" + script).toString());
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    return new PythonScript(new ProcessBuilder(command));
  }
}
