package io.linkspan.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Runs a script of {@code src/test/node*} or {@code docs/examples} with Node. */
public final class NodeScript extends ChildProcess {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final String SCRIPTS = "node";
  private static final List<String> CHROMIUM = List.of("chromium", "chromium-browser");

  private NodeScript(ProcessBuilder builder) {
    super(builder);
  }

  /** Starts a scenario of a script, after its packages are installed. */
  public static NodeScript start(String script, Object... arguments) throws InterruptedException {
    return startIn(SCRIPTS, script, arguments);
  }

  /** Starts a script of another folder of {@code src/test}, which has its own packages. */
  public static NodeScript startIn(String folder, String script, Object... arguments)
      throws InterruptedException {
    return start(List.of(scripts(folder).resolve(script).toString()), arguments);
  }

  /**
   * Returns the command that starts a script of another folder, whose packages are installed.
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

  /** Runs a scenario of a script, which must pass. */
  public static void run(String script, Object... arguments) throws InterruptedException {
    try (NodeScript scenario = start(script, arguments)) {
      scenario.awaitSuccess();
    }
  }

  /** Runs a script of another folder, which must pass. */
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

  /** Returns whether scripts can be run. On CI it is true, so that the tests fail without Node. */
  public static boolean available() {
    return onCi() || find("node") != null;
  }

  /** Returns whether there is a browser too. */
  public static boolean browserAvailable() {
    return onCi() || (available() && browser() != null);
  }

  /** Returns the path of the browser for scripts that use one. */
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

  /** Installs the packages of a folder once. Tests in other processes wait meanwhile. */
  private static synchronized void install(Path scripts) throws InterruptedException {
    Path target = PROJECT.resolve("target");
    try {
      Files.createDirectories(target);
      Path lock = target.resolve(scripts.getFileName() + ".lock");
      try (var file = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var exclusive = file.lock()) {
        if (exclusive.isValid() && !isInstalled(scripts)) {
          npmInstall(scripts);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isInstalled(Path scripts) throws IOException {
    Path wanted = scripts.resolve("package-lock.json");
    Path installed = scripts.resolve(Path.of("node_modules", ".package-lock.json"));
    return Files.exists(installed)
        && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(wanted)) >= 0;
  }

  private static void npmInstall(Path scripts) throws InterruptedException {
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
