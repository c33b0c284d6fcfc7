package io.linkspan.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.ChildProcess;
import io.linkspan.testing.DocumentedCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds the project of the service guide with Maven against the plain jar and the POM, as another
 * project does. Every artifact that the build of this project has fetched comes from its
 * repository; the others, which only a project without its dependency management needs, from Maven
 * Central.
 */
class ServiceGuideIT {

  private static final String GUIDE = "docs/services.md";
  private static final String VERSION = "0.1.0";

  /** Asks the repository of this build before Maven's central one. */
  private static final String SETTINGS =
      """
      <settings>
        <profiles>
          <profile>
            <id>local</id>
            <repositories>
              <repository>
                <id>filled</id>
                <url>%1$s</url>
                <releases><checksumPolicy>ignore</checksumPolicy></releases>
              </repository>
            </repositories>
            <pluginRepositories>
              <pluginRepository>
                <id>filled</id>
                <url>%1$s</url>
                <releases><checksumPolicy>ignore</checksumPolicy></releases>
              </pluginRepository>
            </pluginRepositories>
          </profile>
        </profiles>
        <activeProfiles><activeProfile>local</activeProfile></activeProfiles>
      </settings>
      """;

  @TempDir Path folder;

  @Test
  void theProjectOfTheGuideBuildsAndItsTestsPass() throws Exception {
    install("pom.xml", "pom");
    install("target/linkspan-" + VERSION + ".jar", "jar");
    Path filled = Path.of(System.getProperty("linkspan.maven.repository"));
    Path settings = write("settings.xml", SETTINGS.formatted(filled.toUri()));
    write("orders/pom.xml", DocumentedCode.block(GUIDE, "xml", "<artifactId>orders</artifactId>"));
    write(
        "orders/src/main/java/com/example/Orders.java",
        DocumentedCode.block(GUIDE, "java", "class Orders "));
    write(
        "orders/src/test/java/com/example/OrdersTest.java",
        DocumentedCode.block(GUIDE, "java", "class OrdersTest "));
    var maven =
        new ProcessBuilder(
                Path.of(System.getProperty("linkspan.maven.home"), "bin", "mvn").toString(),
                "-B",
                "-Dstyle.color=never",
                "-ntp",
                "-s",
                settings.toString(),
                "-Dmaven.repo.local=" + repository(),
                "package")
            .directory(folder.resolve("orders").toFile());
    // The build is short: a second compiler would cost more than it saves.
    maven.environment().put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1");
    try (var build = new ChildProcess(maven)) {
      build.awaitLine(
          "the result of the tests",
          line -> line.contains("Tests run: 2, Failures: 0, Errors: 0, Skipped: 0"),
          120_000);
      build.awaitSuccess();
    }
    try (JarFile jar = new JarFile(folder.resolve("orders/target/orders.jar").toFile())) {
      assertThat(jar.getEntry("com/example/Orders.class")).isNotNull();
      assertThat(jar.stream().filter(entry -> entry.getName().endsWith(".class"))).hasSize(1);
    }
  }

  @Test
  void thePlainJarHasOnlyItsOwnClasses() throws IOException {
    assertThat(classesOf("target/linkspan-" + VERSION + ".jar"))
        .contains("io/linkspan/api/Service.class", "io/linkspan/api/testing/FakeGateway.class")
        .allSatisfy(name -> assertThat(name).startsWith("io/linkspan/"));
    assertThat(classesOf("target/linkspan.jar"))
        .contains("io/linkspan/Main.class", "io/vertx/core/Vertx.class");
  }

  @Test
  void sourcesAndJavadocAreBuilt() throws IOException {
    try (JarFile sources = jar("target/linkspan-" + VERSION + "-sources.jar");
        JarFile javadoc = jar("target/linkspan-" + VERSION + "-javadoc.jar")) {
      assertThat(sources.getEntry("io/linkspan/api/Service.java")).isNotNull();
      assertThat(sources.getEntry("io/linkspan/api/Message.java")).isNotNull();
      assertThat(javadoc.getEntry("io/linkspan/api/Service.html")).isNotNull();
      assertThat(javadoc.getEntry("io/linkspan/api/testing/FakeGateway.html")).isNotNull();
    }
  }

  private static JarFile jar(String path) throws IOException {
    return new JarFile(DocumentedCode.path(path).toFile());
  }

  private static Iterable<String> classesOf(String path) throws IOException {
    try (JarFile jar = jar(path)) {
      return jar.stream()
          .map(entry -> entry.getName())
          .filter(name -> name.endsWith(".class") && !name.startsWith("META-INF/"))
          .toList();
    }
  }

  private Path repository() {
    return folder.resolve("repository");
  }

  /** Puts an artifact of this build where {@code mvn install} puts it. */
  private void install(String file, String extension) throws IOException {
    Path target =
        repository()
            .resolve("io/linkspan/linkspan")
            .resolve(VERSION)
            .resolve("linkspan-" + VERSION + "." + extension);
    Files.createDirectories(target.getParent());
    Files.copy(DocumentedCode.path(file), target);
  }

  private Path write(String file, String content) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, content);
  }
}
