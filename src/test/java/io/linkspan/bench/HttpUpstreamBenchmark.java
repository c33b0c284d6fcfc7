package io.linkspan.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Measures the cost of a Message from a WebSocket to an HTTP service and back, compared with a bare
 * Vert.x proxy in the same run. The service runs in a process of its own and is not counted. See
 * docs/benchmarks.md.
 *
 * <p>Usage: {@code HttpUpstreamBenchmark [ROUNDS]}.
 */
public final class HttpUpstreamBenchmark {

  private static final String PROXY = "raw proxy";
  private static final String LINKSPAN = "linkspan";
  private static final String ROW = "closed loop, %d connections";
  private static final int CONNECTIONS = 50;
  private static final int EVENT_LOOPS = Runtime.getRuntime().availableProcessors();
  private static final int DEFAULT_ROUNDS = 3;
  private static final long WARM_UP_MESSAGES = 200_000;
  private static final long WARM_UP_MS = 2_000;
  private static final long WINDOW_MS = 4_000;
  private static final int MAX_LATENCIES = 1_000_000;

  private HttpUpstreamBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : DEFAULT_ROUNDS;
    var loads = new Rounds<Window.Load>();
    Path configuration = Files.createTempFile("linkspan", ".yaml");
    try (var service = java(1)) {
      int port = service.port("http");
      Files.writeString(
          configuration,
          "routes: [{to: \"service:echo\", http: {url: \"http://127.0.0.1:" + port + "/\"}}]\n");
      for (int round = 1; round <= rounds; round++) {
        System.err.println("round " + round + " of " + rounds);
        try (var proxy = java(EVENT_LOOPS, port)) {
          loads.add(ROW.formatted(CONNECTIONS), PROXY, measure(proxy, Dialect.RAW));
        }
        try (var gateway = ServerProcess.gateway(EVENT_LOOPS, "--conf", configuration.toString())) {
          loads.add(ROW.formatted(CONNECTIONS), LINKSPAN, measure(gateway, Dialect.LINKSPAN));
        }
      }
    } finally {
      Files.delete(configuration);
    }
    Rounds.print(loads, PROXY);
  }

  private static ServerProcess java(Object... arguments) throws IOException {
    return ServerProcess.java(
        System.getProperty("java.class.path"), HttpProxyServer.class.getName(), arguments);
  }

  private static Window.Load measure(ServerProcess server, Dialect dialect) throws IOException {
    try (var clients =
        new LoadGenerator(server, LoadGenerator.Wire.WEBSOCKET, dialect, "closed", CONNECTIONS)) {
      clients.closedLoop(WARM_UP_MS, WARM_UP_MESSAGES, null);
      var latencies = new Latencies(MAX_LATENCIES);
      var window = new Window(server, ProcessHandle.current());
      long messages = clients.closedLoop(WINDOW_MS, 0, latencies);
      return window.end(messages, latencies.micros(0.5), latencies.micros(0.99));
    }
  }
}
