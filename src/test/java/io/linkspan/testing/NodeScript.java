package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A script of {@code src/test/node} or {@code docs/examples}, run by Node. */
public final class NodeScript implements AutoCloseable {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Path SCRIPTS = PROJECT.resolve(Path.of("src", "test", "node"));
  private static final List<String> CHROMIUM = List.of("chromium", "chromium-browser");
  private static final long TIMEOUT_MS = 120_000;
  private static final long INSTALL_TIMEOUT_MS = 300_000;

  private final ChildProcess process;

  private NodeScript(ProcessBuilder builder) {
    process = new ChildProcess(builder);
  }

  /** Starts a scenario of a script; its packages are installed first where that is due. */
  public static NodeScript start(String script, Object... arguments) throws InterruptedException {
    install();
    return start(List.of(SCRIPTS.resolve(script).toString()), arguments);
  }

  /** Runs a scenario of a script, which has to pass. */
  public static void run(String script, Object... arguments) throws InterruptedException {
    try (NodeScript scenario = start(script, arguments)) {
      scenario.awaitSuccess();
    }
  }

  /** Starts an example of the documentation, which needs no packages. */
  public static NodeScript example(String script, Object... arguments) {
    Path example = PROJECT.resolve(Path.of("docs", "examples", script));
    return start(List.of("--experimental-websocket", example.toString()), arguments);
  }

  /** Whether scripts can be run; on CI they have to, so there the tests fail without Node. */
  public static boolean available() {
    return onCi() || find("node") != null;
  }

  /** Whether there is a browser too. */
  public static boolean browserAvailable() {
    return onCi() || (available() && browser() != null);
  }

  /** The browser for scripts that drive one. */
  public static String browser() {
    return CHROMIUM.stream().map(NodeScript::find).filter(p -> p != null).findFirst().orElse(null);
  }

  /** Waits until the script has printed this line. */
  public void awaitLine(String line) throws InterruptedException {
    process.awaitLine("\"" + line + "\"", line::equals, TIMEOUT_MS);
  }

  /** Waits for the end of the script. */
  public int awaitExit() throws InterruptedException {
    return process.awaitExit(TIMEOUT_MS);
  }

  /** Waits for the end of the script, which has to be a good one. */
  public void awaitSuccess() throws InterruptedException {
    assertThat(awaitExit()).as(() -> "exit code of" + output()).isZero();
  }

  /** Everything it has printed. */
  public String output() {
    return process.output();
  }

  @Override
  public void close() {
    process.close();
  }

  private static NodeScript start(List<String> command, Object... arguments) {
    List<String> all = new ArrayList<>();
    all.add("node");
    all.addAll(command);
    Stream.of(arguments).map(Object::toString).forEach(all::add);
    return new NodeScript(new ProcessBuilder(all).directory(PROJECT.toFile()));
  }

  private static synchronized void install() throws InterruptedException {
    Path lock = SCRIPTS.resolve("package-lock.json");
    Path installed = SCRIPTS.resolve(Path.of("node_modules", ".package-lock.json"));
    try {
      if (Files.exists(installed)
          && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(lock)) >= 0) {
        return;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var npm = new ProcessBuilder("npm", "ci", "--ignore-scripts").directory(SCRIPTS.toFile());
    try (var process = new ChildProcess(npm)) {
      assertThat(process.awaitExit(INSTALL_TIMEOUT_MS))
          .as(() -> "exit code of npm ci:" + process.output())
          .isZero();
    }
  }

  private static boolean onCi() {
    return "true".equals(System.getenv("CI"));
  }

  private static String find(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse(null);
  }
}
