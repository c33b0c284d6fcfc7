package io.linkspan.bench;

import io.linkspan.bench.LoadGenerator.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What a Message costs by way of WebSocket or TCP, event bus and back, and what an idle connection
 * holds, compared with a bare Vert.x echo in the same run. See docs/benchmarks.md.
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

    String option() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** One measurement under load; CPU time in microseconds per Message. */
  private record Load(
      double cpu, double user, double perSecond, double p50, double p99, double others) {}

  /** One measurement of idle connections, in bytes per connection. */
  private record Idle(double heap, double resident) {}

  private static final int EVENT_LOOPS = Runtime.getRuntime().availableProcessors();
  private static final int DEFAULT_ROUNDS = 5;

  /** Compiled code is a matter of calls, not of time, and the two do not go together here. */
  private static final long FIRST_WARM_UP_MESSAGES = 300_000;

  private static final long WARM_UP_MESSAGES = 50_000;
  private static final long WARM_UP_MS = 3_000;
  private static final long OPEN_WARM_UP_MS = 3_000;
  private static final long WINDOW_MS = 5_000;
  private static final int MAX_LATENCIES = 4_000_000;
  private static final int CONNECTION_WARM_UP = 500;
  private static final long SETTLE_MS = 1_500;

  private final Map<Mode, Map<ServerProcess.Kind, List<Load>>> loads = new EnumMap<>(Mode.class);
  private final Map<ServerProcess.Kind, List<Idle>> idles = new EnumMap<>(ServerProcess.Kind.class);

  private WebSocketBenchmark() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : DEFAULT_ROUNDS;
    List<String> options =
        List.of(arguments).subList(Math.min(1, arguments.length), arguments.length);
    List<Mode> modes =
        Stream.of(Mode.values())
            .filter(mode -> options.isEmpty() || options.contains(mode.option()))
            .toList();
    var benchmark = new WebSocketBenchmark();
    for (int round = 1; round <= rounds; round++) {
      for (ServerProcess.Kind kind : ServerProcess.Kind.values()) {
        System.err.println("round " + round + " of " + rounds + ": " + kind.label());
        benchmark.run(kind, modes);
      }
    }
    benchmark.print(rounds);
  }

  private void run(ServerProcess.Kind kind, List<Mode> modes)
      throws IOException, InterruptedException {
    if (modes.stream().anyMatch(mode -> mode != Mode.IDLE)) {
      try (var server = ServerProcess.start(kind, EVENT_LOOPS)) {
        long warmUp = FIRST_WARM_UP_MESSAGES;
        for (Mode mode : modes) {
          if (mode != Mode.IDLE) {
            loads
                .computeIfAbsent(mode, m -> new EnumMap<>(ServerProcess.Kind.class))
                .computeIfAbsent(kind, k -> new ArrayList<>())
                .add(underLoad(server, kind, mode, warmUp));
            warmUp = WARM_UP_MESSAGES;
          }
        }
      }
    }
    if (modes.contains(Mode.IDLE)) {
      // A process of its own: what the load leaves behind is not what an idle connection costs.
      try (var server = ServerProcess.start(kind, EVENT_LOOPS)) {
        idles.computeIfAbsent(kind, k -> new ArrayList<>()).add(idle(server, kind));
      }
    }
  }

  private static Load underLoad(
      ServerProcess server, ServerProcess.Kind kind, Mode mode, long warmUpMessages)
      throws IOException, InterruptedException {
    try (var clients =
        new LoadGenerator(server, kind, mode.wire, mode.option(), mode.connections)) {
      clients.closedLoop(WARM_UP_MS, warmUpMessages, null);
      if (mode.rate > 0) {
        clients.endClosedLoop();
        clients.openLoop(mode.rate, OPEN_WARM_UP_MS, null);
      }
      var latencies = new Latencies(MAX_LATENCIES);
      long idleBefore = machineIdleMicros();
      long ownBefore = ownCpuMicros();
      CpuTime cpuBefore = server.cpuTime();
      long start = System.nanoTime();
      long messages =
          mode.rate > 0
              ? clients.openLoop(mode.rate, WINDOW_MS, latencies)
              : clients.closedLoop(WINDOW_MS, 0, latencies);
      double micros = (System.nanoTime() - start) / 1_000.0;
      CpuTime cpu = server.cpuTime().minus(cpuBefore);
      double idle = machineIdleMicros() - idleBefore;
      double own = ownCpuMicros() - ownBefore;
      return new Load(
          (double) cpu.total() / messages,
          (double) cpu.user() / messages,
          messages * 1e6 / micros,
          latencies.micros(0.5),
          latencies.micros(0.99),
          100 * (EVENT_LOOPS * micros - idle - own - cpu.total()) / micros);
    }
  }

  private static Idle idle(ServerProcess server, ServerProcess.Kind kind)
      throws IOException, InterruptedException {
    for (int i = 0; i < 3; i++) {
      new LoadGenerator(server, kind, Mode.IDLE.wire, "warm-up-" + i, CONNECTION_WARM_UP).close();
    }
    Thread.sleep(SETTLE_MS);
    long heapBefore = server.liveHeapBytes();
    long residentBefore = server.residentBytes();
    int connections = Mode.IDLE.connections;
    var clients = new LoadGenerator(server, kind, Mode.IDLE.wire, "idle", connections);
    Thread.sleep(SETTLE_MS);
    long heap = server.liveHeapBytes() - heapBefore;
    long resident = server.residentBytes() - residentBefore;
    clients.close();
    return new Idle((double) heap / connections, (double) resident / connections);
  }

  private void print(int rounds) {
    System.out.printf(
        "%nmedians of %d rounds; ratio: median of the ratios of each round%n%n", rounds);
    System.out.printf(
        "%-40s %-9s %12s %8s %6s %9s %9s %9s %8s%n",
        "under load",
        "server",
        "CPU us/msg",
        "of user",
        "ratio",
        "msg/s",
        "p50 us",
        "p99 us",
        "others");
    loads.forEach(
        (mode, byKind) ->
            byKind.forEach(
                (kind, all) ->
                    System.out.printf(
                        "%-40s %-9s %12.1f %8.1f %6.2f %9.0f %9.0f %9.0f %7.0f%%%n",
                        mode.label,
                        kind.label(),
                        median(all, Load::cpu),
                        median(all, Load::user),
                        ratio(all, byKind.get(ServerProcess.Kind.RAW), Load::cpu),
                        median(all, Load::perSecond),
                        median(all, Load::p50),
                        median(all, Load::p99),
                        median(all, Load::others))));
    System.out.printf(
        "%n%-40s %-9s %12s %6s %22s%n",
        "memory", "server", "heap B/conn", "ratio", "RSS B/conn beside it");
    idles.forEach(
        (kind, all) ->
            System.out.printf(
                "%-40s %-9s %12.0f %6.2f %22.0f%n",
                Mode.IDLE.label,
                kind.label(),
                median(all, Idle::heap),
                ratio(all, idles.get(ServerProcess.Kind.RAW), Idle::heap),
                median(all, Idle::resident)));
  }

  private static <T> double median(List<T> all, ToDoubleFunction<T> figure) {
    return median(all.stream().mapToDouble(figure).toArray());
  }

  private static <T> double ratio(List<T> all, List<T> toThese, ToDoubleFunction<T> figure) {
    double[] ratios = new double[all.size()];
    Arrays.setAll(
        ratios, i -> figure.applyAsDouble(all.get(i)) / figure.applyAsDouble(toThese.get(i)));
    return median(ratios);
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }

  private static long ownCpuMicros() {
    return ProcessHandle.current()
        .info()
        .totalCpuDuration()
        .map(cpu -> cpu.toNanos() / 1_000)
        .orElse(0L);
  }

  /** Idle time of all processors, from the first line of /proc/stat, in hundredths of a second. */
  private static long machineIdleMicros() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).get(0).split(" +", -1);
    return (Long.parseLong(fields[4]) + Long.parseLong(fields[5])) * 10_000;
  }
}
