package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs a PostgreSQL server with an empty database, on a free port of the loopback address. */
public final class PostgresServer implements AutoCloseable {

  /** Folder in which Debian has one folder for each version. */
  private static final Path VERSIONS = Path.of("/usr/lib/postgresql");

  /** Account of Debian's package: the server refuses to run as root. */
  private static final String ACCOUNT = "postgres";

  private static final String USER = "linkspan";
  private static final String PASSWORD = "loop-back";
  private static final String READY = "database system is ready to accept connections";
  private static final long PATIENCE_MS = 180_000;

  private final Path folder;
  private final int port;
  private ChildProcess server;

  private PostgresServer(Path folder, int port) {
    this.folder = folder;
    this.port = port;
  }

  /** Returns whether it is installed. On CI it is true, so that the tests fail without it. */
  public static boolean available() {
    return "true".equals(System.getenv("CI")) || find("postgres").isPresent();
  }

  /** Starts a server with a new database; a login needs the password, by SCRAM. */
  public static PostgresServer start() throws InterruptedException {
    try {
      // Not below a folder of JUnit, which the server's account cannot enter.
      Path folder = Files.createTempDirectory("linkspan-postgres-");
      Path password = Files.writeString(folder.resolve("password"), PASSWORD);
      if (isRoot()) {
        run(List.of("chown", "-R", ACCOUNT, folder.toString()));
      }
      var postgres = new PostgresServer(folder, FreePort.of());
      run(
          asAccount(
              program("initdb"),
              "--pgdata=" + postgres.data(),
              "--username=" + USER,
              "--auth=scram-sha-256",
              "--pwfile=" + password,
              "--encoding=UTF8",
              "--no-locale",
              "--no-sync"));
      postgres.open();
      return postgres;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void open() throws InterruptedException {
    server =
        child(
            asAccount(
                program("postgres"),
                "-D",
                data(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=off"));
    server.awaitLine("\"" + READY + "\"", line -> line.contains(READY), PATIENCE_MS);
  }

  /** Ends the server and all its connections; the database stays. */
  public void stop() throws InterruptedException {
    server.signal("INT");
    server.awaitExit();
  }

  /** Starts the server again with the database that it had. */
  public void restart() throws InterruptedException {
    open();
  }

  /** Returns the URI of its database, without the password. */
  public String uri() {
    return "postgresql://" + USER + "@127.0.0.1:" + port + "/postgres";
  }

  /** Returns the password of its user. */
  public String password() {
    return PASSWORD;
  }

  @Override
  public void close() {
    try {
      if (!server.hasEnded()) {
        stop();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static List<String> asAccount(String... command) {
    List<String> all = new ArrayList<>();
    if (isRoot()) {
      // It becomes the program, so that a signal reaches the program.
      all.addAll(List.of("setpriv", "--reuid=" + ACCOUNT, "--regid=" + ACCOUNT, "--clear-groups"));
    }
    all.addAll(List.of(command));
    return all;
  }

  private static void run(List<String> command) throws InterruptedException {
    try (var process = child(command)) {
      process.awaitSuccess();
    }
  }

  private static ChildProcess child(List<String> command) {
    // A folder that the account can enter.
    return new ChildProcess(new ProcessBuilder(command).directory(Path.of("/").toFile()));
  }

  private static String program(String name) {
    return find(name).orElseThrow(() -> new AssertionError(name + " is not installed")).toString();
  }

  private static Optional<Path> find(String name) {
    if (Files.isDirectory(VERSIONS)) {
      try (Stream<Path> versions = Files.list(VERSIONS)) {
        return versions
            .map(version -> version.resolve("bin").resolve(name))
            .filter(Files::isExecutable)
            .max(Comparator.naturalOrder());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return Programs.isInstalled(name)
        ? Optional.of(Path.of(Programs.find(name)))
        : Optional.empty();
  }
}
