package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ChildProcess;
import io.linkspan.testing.Dockerfile;
import io.linkspan.testing.DocumentedCode;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes the folder of the image from what the build made, with the commands of the Dockerfile, and
 * runs the image's own commands in it.
 */
class ImageIT {

  private static final String FOLDER = "/opt/linkspan";
  private static final String READY = " is ready, ports ";
  private static final long START_MS = 180_000;
  private static final long OWN_LAYER_BYTES = 5 << 20;

  @TempDir private static Path root;
  private static Path folder;

  /** Does what the instructions COPY and RUN of the last stage do. */
  @BeforeAll
  static void build() throws Exception {
    folder = root.toRealPath().resolve("linkspan");
    Path image = Path.of(System.getProperty("linkspan.jar")).resolveSibling("image");
    copy(image.resolve("lib"), folder.resolve("lib"));
    try (Stream<Path> files = Files.list(image)) {
      List<Path> jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
      assertThat(jars).hasSize(1);
      Files.copy(jars.get(0), folder.resolve("linkspan.jar"));
    }
    String archive = Dockerfile.instruction("RUN", "LINKSPAN_CLUSTER_ENABLED");
    try (var shell = shell(archive)) {
      shell.awaitSuccess();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path copy = to.resolve(from.relativize(file).toString());
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static String translate(String text) {
    return text.replace(FOLDER, folder.toString());
  }

  private static ChildProcess shell(String command) {
    return start(List.of("sh", "-c", translate(command)), "");
  }

  private static ChildProcess start(List<String> command, String javaOptions) {
    return start(command, javaOptions, Map.of());
  }

  private static ChildProcess start(
      List<String> command, String javaOptions, Map<String, String> settings) {
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("LINKSPAN_"));
    environment.merge(
        "PATH", Path.of(System.getProperty("java.home"), "bin") + ":", (path, java) -> java + path);
    for (String port : List.of("HTTP", "ENET", "MANAGEMENT")) {
      environment.put("LINKSPAN_" + port + "_PORT", "0");
    }
    String defaults = Dockerfile.instruction("ENV", "-XX").replace("\"", "");
    environment.put("JAVA_TOOL_OPTIONS", defaults + " " + javaOptions);
    environment.putAll(settings);
    return new ChildProcess(builder);
  }

  private static List<String> entryPoint() {
    return Dockerfile.words("ENTRYPOINT").stream().map(ImageIT::translate).toList();
  }

  private static JsonObject awaitPorts(ChildProcess gateway) throws InterruptedException {
    String line = gateway.awaitLine("readiness", text -> text.contains(READY), START_MS);
    return new JsonObject(line.substring(line.indexOf(READY) + READY.length()));
  }

  private static int health(int managementPort) throws InterruptedException {
    List<String> command = new ArrayList<>(Dockerfile.words("HEALTHCHECK"));
    var builder = new ProcessBuilder(command);
    builder.environment().put("LINKSPAN_MANAGEMENT_PORT", Integer.toString(managementPort));
    try (var check = new ChildProcess(builder)) {
      return check.awaitExit();
    }
  }

  @Test
  void theLayersServeClientsAndAreHealthyUntilTheyEnd() throws Exception {
    Path classes = root.resolve("classes.txt");
    int management;
    try (var gateway =
        start(entryPoint(), "-XX:TieredStopAtLevel=1 -Xlog:class+load:file=" + classes)) {
      JsonObject ports = awaitPorts(gateway);
      management = ports.getInteger("management");
      assertThat(health(management)).isZero();
      try (var client = WebSocketTestClient.connect(ports.getInteger("http"), "user=alice")) {
        client.send(
            Message.newBuilder().setEventId("1").setTo("service:echo").setBody("hello").build());
        assertThat(client.receiveAck()).isEqualTo("1");
        assertThat(client.receiveMessage().getBody()).isEqualTo("hello");
      }
    }
    assertThat(health(management)).isNotZero();
    List<String> loaded = Files.readAllLines(classes);
    assertIsOfTheArchive("io.linkspan.Gateway", loaded);
    assertThat(loaded).noneMatch(line -> line.contains("com.hazelcast.instance."));
  }

  private static void assertIsOfTheArchive(String name, List<String> loaded) {
    assertThat(loaded)
        .filteredOn(line -> line.contains("] " + name + " "))
        .singleElement()
        .asString()
        .contains("shared objects file (top)");
  }

  @Test
  void aNodeOfAClusterHasItsClassesFromTheArchiveToo() throws Exception {
    Path classes = root.resolve("classes-of-a-cluster.txt");
    Map<String, String> cluster =
        Map.of(
            "LINKSPAN_CLUSTER_ENABLED", "true",
            "LINKSPAN_CLUSTER_NAME", "image-" + UUID.randomUUID(),
            "LINKSPAN_CLUSTER_HOST", "127.0.0.1",
            "LINKSPAN_CLUSTER_JOIN_MEMBERS", "127.0.0.1",
            "LINKSPAN_CLUSTER_SECRET", "the secret of this test");
    try (var gateway = start(entryPoint(), "-Xlog:class+load:file=" + classes, cluster)) {
      awaitPorts(gateway);
    }
    List<String> loaded = Files.readAllLines(classes);
    assertIsOfTheArchive("io.linkspan.cluster.HazelcastCluster", loaded);
    assertIsOfTheArchive("com.hazelcast.instance.impl.Node", loaded);
  }

  @Test
  void theGatewaysLayerHasItsOwnClassesOnly() throws Exception {
    Path jar = folder.resolve("linkspan.jar");
    assertThat(Files.size(jar)).isLessThan(OWN_LAYER_BYTES);
    try (var file = new JarFile(jar.toFile());
        Stream<Path> libraries = Files.list(folder.resolve("lib"))) {
      assertThat(file.stream().filter(entry -> entry.getName().endsWith(".class")))
          .allMatch(entry -> entry.getName().startsWith("io/linkspan/"));
      String classPath = file.getManifest().getMainAttributes().getValue("Class-Path");
      assertThat(Arrays.asList(classPath.split(" ", -1)))
          .containsExactlyInAnyOrderElementsOf(
              libraries.map(library -> "lib/" + library.getFileName()).toList());
    }
  }

  @Test
  void bothRunnableJarsOpenTheSamePartsOfTheJdk() throws Exception {
    try (var own = new JarFile(folder.resolve("linkspan.jar").toFile());
        var shaded = new JarFile(System.getProperty("linkspan.jar"))) {
      for (String name :
          List.of("Main-Class", "Add-Opens", "Add-Exports", "Enable-Native-Access")) {
        assertThat(own.getManifest().getMainAttributes().getValue(name))
            .as(name)
            .isNotNull()
            .isEqualTo(shaded.getManifest().getMainAttributes().getValue(name));
      }
    }
  }

  @Test
  void aJarOfVerticlesIsAddedToTheClassPath() throws Exception {
    String documented = DocumentedCode.block("docs/deploy.md", "dockerfile", "orders.jar");
    String words = documented.substring(documented.indexOf("ENTRYPOINT ") + "ENTRYPOINT ".length());
    List<String> command = new ArrayList<>();
    new JsonArray(words).forEach(word -> command.add(translate((String) word)));
    command.add("--version");
    try (var gateway = start(command, "-Xlog:class+load")) {
      gateway.awaitSuccess();
      assertThat(gateway.output())
          .containsPattern("linkspan \\d+\\.\\d+")
          .containsPattern("io\\.linkspan\\.Main source: shared objects file \\(top\\)");
    }
  }
}
