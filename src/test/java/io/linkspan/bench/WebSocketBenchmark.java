package io.linkspan.bench;

import io.linkspan.bench.LoadGenerator.Wire;
import java.io.IOException;
import java.util.List;

/**
 * Measures the cost of a Message through WebSocket or TCP, event bus and back, and of an idle
 * connection, compared with a bare Vert.x echo in the same run. See docs/benchmarks.md.
 *
 * <p>Usage: {@code WebSocketBenchmark [ROUNDS] [MODE…]}, with the modes in lower case.
 */
public final class WebSocketBenchmark {

  private enum Mode {
    CLOSED_100("closed loop, 100 connections", Wire.WEBSOCKET, 100, 0),
    CLOSED_1000("closed loop, 1,000 connections", Wire.WEBSOCKET, 1_000, 0),
    OPEN_1000("open loop, 5,000/s on 1,000 connections", Wire.WEBSOCKET, 1_000, 5_000),
    TCP_CLOSED_100("closed loop, 100 TCP connections", Wire.TCP, 100, 0),
    IDLE("idle, 10,000 connections", Wire.WEBSOCKET, 10_000, 0);

    private final String label;
    private final Wire wire;
    private final int connections;
    private final int rate;

    Mode(String label, Wire wire, int connections, int rate) {
      this.label = label;
      this.wire = wire;
      this.connections = connections;
      this.rate = rate;
    }
  }

  private enum Kind {
    RAW("raw echo", Dialect.RAW),
    LINKSPAN("linkspan", Dialect.LINKSPAN);

    private final String label;
    private final Dialect dialect;

    Kind(String label, Dialect dialect) {
      this.label = label;
      this.dialect = dialect;
    }

    ServerProcess start() throws IOException {
      return this == LINKSPAN
          ? ServerProcess.gateway(EVENT_LOOPS)
          : ServerProcess.java(
              System.getProperty("java.class.path"), RawEchoServer.class.getName(), EVENT_LOOPS);
    }
  }

  /** One measurement of idle connections, in bytes per connection. */
  private record Idle(double heap, double resident) {}

  private static final int EVENT_LOOPS = Runtime.getRuntime().availableProcessors();
  private static final int DEFAULT_ROUNDS = 5;

  /** The number of calls decides what is compiled, not the time, and the two differ here. */
  private static final long FIRST_WARM_UP_MESSAGES = 300_000;

  private static final long WARM_UP_MESSAGES = 50_000;
  private static final long WARM_UP_MS = 3_000;
  private static final long OPEN_WARM_UP_MS = 3_000;
  private static final long WINDOW_MS = 5_000;
  private static final int MAX_LATENCIES = 4_000_000;
  private static final int CONNECTION_WARM_UP = 500;
  private static final long SETTLE_MS = 1_500;

  private final Rounds<Window.Load> loads = new Rounds<>();
  private final Rounds<Idle> idles = new Rounds<>();

  private WebSocketBenchmark() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options<Mode> options = Options.parse(arguments, DEFAULT_ROUNDS, Mode.values());
    var benchmark = new WebSocketBenchmark();
    for (int round = 1; round <= options.rounds(); round++) {
      for (Kind kind : Kind.values()) {
        System.err.println("round " + round + " of " + options.rounds() + ": " + kind.label);
        benchmark.run(kind, options.modes());
      }
    }
    benchmark.print(options.rounds());
  }

  private void run(Kind kind, List<Mode> modes) throws IOException, InterruptedException {
    if (modes.stream().anyMatch(mode -> mode != Mode.IDLE)) {
      try (var server = kind.start()) {
        long warmUp = FIRST_WARM_UP_MESSAGES;
        for (Mode mode : modes) {
          if (mode != Mode.IDLE) {
            loads.add(mode.label, kind.label, underLoad(server, kind, mode, warmUp));
            warmUp = WARM_UP_MESSAGES;
          }
        }
      }
    }
    if (modes.contains(Mode.IDLE)) {
      // A process of its own: the garbage of the load is not the cost of an idle connection.
      try (var server = kind.start()) {
        idles.add(Mode.IDLE.label, kind.label, idle(server, kind));
      }
    }
  }

  private static Window.Load underLoad(
      ServerProcess server, Kind kind, Mode mode, long warmUpMessages)
      throws IOException, InterruptedException {
    try (var clients =
        new LoadGenerator(
            server, mode.wire, kind.dialect, Options.nameOf(mode), mode.connections)) {
      clients.closedLoop(WARM_UP_MS, warmUpMessages, null);
      if (mode.rate > 0) {
        clients.endClosedLoop();
        clients.openLoop(mode.rate, OPEN_WARM_UP_MS, null);
      }
      var latencies = new Latencies(MAX_LATENCIES);
      var window = new Window(server, ProcessHandle.current());
      long messages =
          mode.rate > 0
              ? clients.openLoop(mode.rate, WINDOW_MS, latencies)
              : clients.closedLoop(WINDOW_MS, 0, latencies);
      return window.end(messages, latencies.micros(0.5), latencies.micros(0.99));
    }
  }

  private static Idle idle(ServerProcess server, Kind kind)
      throws IOException, InterruptedException {
    for (int i = 0; i < 3; i++) {
      new LoadGenerator(server, Mode.IDLE.wire, kind.dialect, "warm-up-" + i, CONNECTION_WARM_UP)
          .close();
    }
    Thread.sleep(SETTLE_MS);
    long heapBefore = server.liveHeapBytes();
    long residentBefore = server.residentBytes();
    int connections = Mode.IDLE.connections;
    var clients = new LoadGenerator(server, Mode.IDLE.wire, kind.dialect, "idle", connections);
    Thread.sleep(SETTLE_MS);
    long heap = server.liveHeapBytes() - heapBefore;
    long resident = server.residentBytes() - residentBefore;
    clients.close();
    return new Idle((double) heap / connections, (double) resident / connections);
  }

  private void print(int rounds) {
    System.out.printf(
        "%nmedians of %d rounds; ratio: median of the ratios of each round%n%n", rounds);
    Rounds.print(loads, Kind.RAW.label);
    System.out.printf(
        "%n%-40s %-15s %12s %6s %22s%n",
        "memory", "server", "heap B/conn", "ratio", "RSS B/conn beside it");
    idles.forEach(
        (row, server, cell) ->
            System.out.printf(
                "%-40s %-15s %12.0f %6.2f %22.0f%n",
                row,
                server,
                cell.median(Idle::heap),
                cell.ratio(Kind.RAW.label, Idle::heap),
                cell.median(Idle::resident)));
  }
}
