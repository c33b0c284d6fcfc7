package io.linkspan.bench.board;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Describes what a run was made with: versions, flags of the JVMs, machine, size and seed. */
public final class Manifest {

  private static final Pattern MODEL = Pattern.compile("model name\\s*:\\s*(.+)");
  private static final Pattern MEMORY = Pattern.compile("MemTotal:\\s+(\\d+) kB");
  private static final Pattern NETTY_SOCKETIO =
      Pattern.compile("<artifactId>netty-socketio</artifactId>\\s*<version>([^<]+)</version>");

  private static final Path SOCKET_IO = Path.of("src", "test", "node-socketio", "package.json");
  private static final Path NETTY = Path.of("src", "test", "netty-socketio", "pom.xml");

  private Manifest() {}

  /**
   * Returns the manifest of a run that begins now.
   *
   * @param jvmOptions of all servers that run in a JVM
   * @param jar of the gateway
   */
  public static JsonObject of(BoardOptions options, List<String> jvmOptions, Path jar)
      throws IOException {
    return new JsonObject()
        .put("date", LocalDate.now(ZoneOffset.UTC).toString())
        .put("commit", commit())
        .put("linkspan", version(jar))
        .put("jdk", Runtime.version().toString())
        .put("node", first(run("node", "--version")).orElse("missing"))
        .put("peers", peers())
        .put("jvmOptions", new JsonArray(jvmOptions))
        .put("processors", Runtime.getRuntime().availableProcessors())
        .put("processor", found(MODEL, Path.of("/proc/cpuinfo")).orElse("unknown"))
        .put(
            "memoryMiB",
            found(MEMORY, Path.of("/proc/meminfo")).map(Long::parseLong).orElse(0L) / 1024)
        .put("kernel", System.getProperty("os.version"))
        .put("loadBefore", loadAverage())
        .put("quick", options.quick())
        .put("scale", options.scale())
        .put("seed", options.seed());
  }

  private static JsonObject peers() throws IOException {
    JsonObject packages = new JsonObject(Files.readString(SOCKET_IO)).getJsonObject("dependencies");
    return new JsonObject()
        .put("socket.io", packages.getString("socket.io"))
        .put("socket.io-client", packages.getString("socket.io-client-4"))
        .put("ws", packages.getString("ws"))
        .put("netty-socketio", found(NETTY_SOCKETIO, NETTY).orElse("unknown"));
  }

  /** Returns the load of the machine in the last minute. */
  public static double loadAverage() throws IOException {
    return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
  }

  private static String version(Path jar) throws IOException {
    try (var file = new JarFile(jar.toFile())) {
      var properties = new Properties();
      properties.load(file.getInputStream(file.getEntry("linkspan.properties")));
      return properties.getProperty("version");
    }
  }

  /** Returns the commit, with a mark when files differ from it. */
  private static String commit() throws IOException {
    Optional<String> head = first(run("git", "rev-parse", "--short=8", "HEAD"));
    boolean clean = run("git", "status", "--porcelain", "--untracked-files=no").isEmpty();
    return head.map(id -> clean ? id : id + " with changes").orElse("unknown");
  }

  private static Optional<String> first(List<String> lines) {
    return lines.stream().findFirst();
  }

  private static List<String> run(String... command) throws IOException {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .toList();
    } catch (IOException missing) {
      return List.of();
    }
  }

  private static Optional<String> found(Pattern pattern, Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      Matcher matcher = pattern.matcher(String.join("\n", lines.toList()));
      return matcher.find() ? Optional.of(matcher.group(1).strip()) : Optional.empty();
    }
  }
}
