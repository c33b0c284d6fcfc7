package io.linkspan.testing;

import java.nio.file.Path;
import java.util.List;

/** Runs a service of {@code docs/examples} in a process of its own, with the gateway's jar. */
public final class ServiceProcess implements AutoCloseable {

  private static final Path EXAMPLES = Path.of(System.getProperty("basedir", ""), "docs/examples");
  private static final long TIMEOUT_MS = 180_000;

  private final ChildProcess process;

  private ServiceProcess(Path source, Path configuration) {
    process =
        new ChildProcess(
            new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    GatewayProcess.jar(),
                    source.toAbsolutePath().toString(),
                    configuration.toString())));
  }

  /** Runs a service from its source; returns when it has printed that it is ready. */
  public static ServiceProcess start(String source, Path configuration, String ready)
      throws InterruptedException {
    var service = new ServiceProcess(EXAMPLES.resolve(source), configuration);
    try {
      service.process.awaitLine(ready, line -> line.contains(ready), TIMEOUT_MS);
      return service;
    } catch (AssertionError | InterruptedException e) {
      service.close();
      throw e;
    }
  }

  /** Returns everything that the service has printed. */
  public String output() {
    return process.output();
  }

  /** Ends the process at once, as a crash does. */
  public void kill() {
    process.close();
  }

  @Override
  public void close() {
    process.close();
  }
}
