package io.linkspan.bench;

import io.linkspan.bench.peer.Servers;
import io.linkspan.testing.NodeScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Measures the cost of a Socket.IO 4 event with an acknowledgement through WebSocket, event bus and
 * back, and of an idle connection, compared with netty-socketio and with Node's socket.io in the
 * same run. See docs/benchmarks.md.
 *
 * <p>Usage: {@code SocketIoBenchmark [ROUNDS] [MODE…]}, with the modes in lower case.
 */
public final class SocketIoBenchmark {

  private enum Mode {
    CLOSED_100("closed loop, 100 connections", 100),
    CLOSED_1000("closed loop, 1,000 connections", 1_000),
    IDLE("idle, 5,000 connections", 5_000);

    private final String label;
    private final int connections;

    Mode(String label, int connections) {
      this.label = label;
      this.connections = connections;
    }
  }

  private enum Kind {
    NETTY_SOCKETIO("netty-socketio"),
    NODE("node socket.io"),
    LINKSPAN("linkspan");

    private final String label;

    Kind(String label) {
      this.label = label;
    }
  }

  /** One measurement of idle connections, in bytes per connection. */
  private record Idle(double heap, double resident) {}

  /** Sends every event to the echo service. */
  private static final String CONFIGURATION = "routes: [{to: \"\", bus: echo}]\n";

  private static final int EVENT_LOOPS = Runtime.getRuntime().availableProcessors();
  private static final int DEFAULT_ROUNDS = 3;

  /** The number of calls decides what is compiled, not the time. */
  private static final long FIRST_WARM_UP_MESSAGES = 300_000;

  private static final long WARM_UP_MESSAGES = 50_000;
  private static final long WARM_UP_MS = 2_000;
  private static final long WINDOW_MS = 4_000;
  private static final int MAX_LATENCIES = 2_000_000;
  private static final int CONNECTION_WARM_UP = 500;
  private static final long SETTLE_MS = 1_500;

  private final Path configuration;
  private final Rounds<Window.Load> loads = new Rounds<>();
  private final Rounds<Idle> idles = new Rounds<>();

  private SocketIoBenchmark(Path configuration) {
    this.configuration = configuration;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options<Mode> options = Options.parse(arguments, DEFAULT_ROUNDS, Mode.values());
    Path configuration = Files.createTempFile("linkspan", ".yaml");
    try {
      Files.writeString(configuration, CONFIGURATION);
      var benchmark = new SocketIoBenchmark(configuration);
      for (int round = 1; round <= options.rounds(); round++) {
        for (Kind kind : Kind.values()) {
          System.err.println("round " + round + " of " + options.rounds() + ": " + kind.label);
          benchmark.run(kind, options.modes());
        }
      }
      benchmark.print(options.rounds());
    } finally {
      Files.delete(configuration);
    }
  }

  private ServerProcess start(Kind kind) throws IOException, InterruptedException {
    return switch (kind) {
      case LINKSPAN -> ServerProcess.gateway(EVENT_LOOPS, "--conf", configuration.toString());
      case NETTY_SOCKETIO -> Servers.nettySocketIo();
      case NODE ->
          ServerProcess.start(
              NodeScript.command("node-socketio", "echo-server.mjs", "--expose-gc"));
    };
  }

  private void run(Kind kind, List<Mode> modes) throws IOException, InterruptedException {
    List<Mode> loaded = modes.stream().filter(mode -> mode != Mode.IDLE).toList();
    if (!loaded.isEmpty()) {
      try (var server = start(kind)) {
        long warmUp = FIRST_WARM_UP_MESSAGES;
        for (Mode mode : loaded) {
          loads.add(mode.label, kind.label, underLoad(server, mode, warmUp));
          warmUp = WARM_UP_MESSAGES;
        }
      }
    }
    if (modes.contains(Mode.IDLE)) {
      // A process of its own: the garbage of the load is not the cost of an idle connection.
      try (var server = start(kind)) {
        idles.add(Mode.IDLE.label, kind.label, idle(server));
      }
    }
  }

  private static Window.Load underLoad(ServerProcess server, Mode mode, long warmUpMessages)
      throws IOException {
    try (var clients = clients(server, Options.nameOf(mode), mode.connections)) {
      clients.closedLoop(WARM_UP_MS, warmUpMessages, null);
      var latencies = new Latencies(MAX_LATENCIES);
      var window = new Window(server, ProcessHandle.current());
      long messages = clients.closedLoop(WINDOW_MS, 0, latencies);
      return window.end(messages, latencies.micros(0.5), latencies.micros(0.99));
    }
  }

  private static Idle idle(ServerProcess server) throws IOException, InterruptedException {
    for (int i = 0; i < 3; i++) {
      clients(server, "warm-up-" + i, CONNECTION_WARM_UP).close();
    }
    Thread.sleep(SETTLE_MS);
    long heapBefore = server.liveHeapBytes();
    long residentBefore = server.residentBytes();
    var clients = clients(server, "idle", Mode.IDLE.connections);
    Thread.sleep(SETTLE_MS);
    long heap = server.liveHeapBytes() - heapBefore;
    long resident = server.residentBytes() - residentBefore;
    clients.close();
    double connections = Mode.IDLE.connections;
    return new Idle(heap / connections, resident / connections);
  }

  private static LoadGenerator clients(ServerProcess server, String name, int connections)
      throws IOException {
    return new LoadGenerator(
        server, LoadGenerator.Wire.WEBSOCKET, Dialect.SOCKET_IO, name, connections);
  }

  private void print(int rounds) {
    System.out.printf(
        "%nmedians of %d rounds; ratio: median of the ratios of each round%n", rounds);
    Rounds.print(loads, Kind.NETTY_SOCKETIO.label);
    System.out.printf("%n%-40s %-15s %12s %12s%n", "memory", "server", "heap B/conn", "RSS B/conn");
    idles.forEach(
        (row, server, cell) ->
            System.out.printf(
                "%-40s %-15s %12.0f %12.0f%n",
                row, server, cell.median(Idle::heap), cell.median(Idle::resident)));
  }
}
