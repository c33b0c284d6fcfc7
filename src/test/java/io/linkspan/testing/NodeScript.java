package io.linkspan.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A script of {@code src/test/node*} or {@code docs/examples}, run by Node. */
public final class NodeScript extends ChildProcess {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final String SCRIPTS = "node";
  private static final List<String> CHROMIUM = List.of("chromium", "chromium-browser");

  private NodeScript(ProcessBuilder builder) {
    super(builder);
  }

  /** Starts a scenario of a script; its packages are installed first where that is due. */
  public static NodeScript start(String script, Object... arguments) throws InterruptedException {
    return startIn(SCRIPTS, script, arguments);
  }

  /** The same with a script of another folder of {@code src/test}, which has its own packages. */
  public static NodeScript startIn(String folder, String script, Object... arguments)
      throws InterruptedException {
    return start(List.of(scripts(folder).resolve(script).toString()), arguments);
  }

  /**
   * How a script of another folder is started, with its packages installed, by whoever does it.
   *
   * @param options of Node
   */
  public static ProcessBuilder command(String folder, String script, String... options)
      throws InterruptedException {
    Path scripts = scripts(folder);
    List<String> command = new ArrayList<>(List.of("node"));
    command.addAll(List.of(options));
    command.add(scripts.resolve(script).toString());
    return new ProcessBuilder(command);
  }

  /** Runs a scenario of a script, which has to pass. */
  public static void run(String script, Object... arguments) throws InterruptedException {
    try (NodeScript scenario = start(script, arguments)) {
      scenario.awaitSuccess();
    }
  }

  /** Runs a script of another folder, which has to pass. */
  public static void runIn(String folder, String script, Object... arguments)
      throws InterruptedException {
    try (NodeScript process = startIn(folder, script, arguments)) {
      process.awaitSuccess();
    }
  }

  /** Starts a script of {@code src/test/node} that needs no packages. */
  public static NodeScript withoutPackages(String script, Object... arguments) {
    Path path = PROJECT.resolve(Path.of("src", "test", SCRIPTS, script));
    return start(List.of(path.toString()), arguments);
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

  private static NodeScript start(List<String> command, Object... arguments) {
    List<String> all = new ArrayList<>();
    all.add("node");
    all.addAll(command);
    Stream.of(arguments).map(Object::toString).forEach(all::add);
    return new NodeScript(new ProcessBuilder(all).directory(PROJECT.toFile()));
  }

  private static Path scripts(String folder) throws InterruptedException {
    Path scripts = PROJECT.resolve(Path.of("src", "test", folder));
    install(scripts);
    return scripts;
  }

  private static synchronized void install(Path scripts) throws InterruptedException {
    Path lock = scripts.resolve("package-lock.json");
    Path installed = scripts.resolve(Path.of("node_modules", ".package-lock.json"));
    try {
      if (Files.exists(installed)
          && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(lock)) >= 0) {
        return;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var npm = new ProcessBuilder("npm", "ci", "--ignore-scripts").directory(scripts.toFile());
    try (var process = new ChildProcess(npm)) {
      process.awaitSuccess();
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
