package io.linkspan.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Runs the example that uses {@code nc}. */
public final class Netcat implements AutoCloseable {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final long TIMEOUT_MS = 60_000;

  private final ChildProcess process;

  private Netcat(ProcessBuilder builder) {
    process = new ChildProcess(builder);
  }

  /** Returns whether {@code nc} is there. On CI it is true, so that the tests fail without it. */
  public static boolean available() {
    return "true".equals(System.getenv("CI"))
        || Arrays.stream(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "nc")));
  }

  /** Runs the example against a port. */
  public static Netcat start(int port, String user) {
    String script = PROJECT.resolve("docs/examples/hello-nc.sh").toString();
    return new Netcat(new ProcessBuilder("sh", script, Integer.toString(port), user));
  }

  /** Waits until the example has printed a line with this text, and returns the line. */
  public String awaitLine(String part) throws InterruptedException {
    return process.awaitLine("\"" + part + "\"", line -> line.contains(part), TIMEOUT_MS);
  }

  /** Waits for the end of the example. */
  public int awaitExit() throws InterruptedException {
    return process.awaitExit(TIMEOUT_MS);
  }

  @Override
  public void close() {
    process.close();
  }
}
