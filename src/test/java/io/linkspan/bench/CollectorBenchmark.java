package io.linkspan.bench;

import io.linkspan.bench.LoadGenerator.Wire;
import io.linkspan.bench.peer.StormProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares the garbage collectors of the JVM under the gateway: messages, many new connections, and
 * answers that nobody acknowledges, thus little, some and much that stays alive. See
 * docs/benchmarks.md.
 *
 * <p>Usage: {@code CollectorBenchmark [ROUNDS] [COLLECTOR…]}, with the collectors in lower case.
 */
public final class CollectorBenchmark {

  private enum Collector {
    SERIAL("-XX:+UseSerialGC"),
    PARALLEL("-XX:+UseParallelGC"),
    G1("-XX:+UseG1GC"),
    G1_20MS("-XX:+UseG1GC -XX:MaxGCPauseMillis=20");

    private final String options;

    Collector(String options) {
      this.options = options;
    }
  }

  /**
   * One run of a gateway.
   *
   * @param cpu of a message and its answer, in microseconds
   * @param echo p99 of these answers in milliseconds
   * @param storm p99 of good clients beside many new ones
   * @param owing p99 of answers that nobody acknowledges
   * @param longest pause of a collection in milliseconds
   * @param pauses of all collections in milliseconds
   * @param residentMiB of the process at the end
   */
  private record Result(
      double cpu,
      double echo,
      double storm,
      double owing,
      double longest,
      double pauses,
      double residentMiB) {}

  private static final List<String> HEAP = List.of("-Xms1g", "-Xmx1g");
  private static final Pattern PAUSE = Pattern.compile("Pause .* ([0-9.]+)ms");
  private static final int DEFAULT_ROUNDS = 2;
  private static final int CONNECTIONS = 1_000;
  private static final long WARM_UP_MESSAGES = 300_000;
  private static final long WINDOW_MS = 5_000;
  private static final int MAX_LATENCIES = 2_000_000;
  private static final int GOOD = 200;
  private static final int GOOD_PER_SECOND = 1_000;
  private static final int BAD = 2_000;
  private static final int STORM_SECONDS = 8;
  private static final long OWED = 300_000;

  private static final Map<String, String> SETTINGS =
      Map.of(
          "LINKSPAN_BANS_MODE",
          "on",
          "LINKSPAN_BANS_EXEMPT",
          "127.0.0.0/24",
          "LINKSPAN_DELIVERY_ACKTIMEOUT",
          "10m");

  private final Rounds<Result> results = new Rounds<>();

  private CollectorBenchmark() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options<Collector> options = Options.parse(arguments, DEFAULT_ROUNDS, Collector.values());
    Map<String, List<String>> machines = new LinkedHashMap<>();
    machines.put("1", List.of("taskset", "-c", "0"));
    machines.put(Integer.toString(Runtime.getRuntime().availableProcessors()), List.of());
    var benchmark = new CollectorBenchmark();
    for (int round = 1; round <= options.rounds(); round++) {
      for (var machine : machines.entrySet()) {
        for (Collector collector : options.modes()) {
          String label = Options.nameOf(collector);
          System.err.printf("round %d: %s on %s%n", round, label, machine.getKey());
          benchmark.results.add(
              machine.getKey() + " processors", label, measure(collector, machine.getValue()));
        }
      }
    }
    benchmark.print();
  }

  private static Result measure(Collector collector, List<String> prefix)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile("collections", ".log");
    List<String> options = new ArrayList<>(HEAP);
    options.addAll(List.of(collector.options.split(" ")));
    options.add("-XX:-UseDynamicNumberOfCompilerThreads");
    options.add("-Xlog:gc:file=" + log);
    try (var server = ServerProcess.gatewayInJvm(prefix, options, SETTINGS)) {
      var latencies = new Latencies(MAX_LATENCIES);
      double cpu;
      try (var clients = clients(server, Dialect.LINKSPAN, "echo", CONNECTIONS)) {
        clients.closedLoop(0, WARM_UP_MESSAGES, null);
        long before = server.cpuTime().total();
        long messages = clients.closedLoop(WINDOW_MS, 0, latencies);
        cpu = (double) (server.cpuTime().total() - before) / messages;
      }
      double storm = storm(server);
      var owing = new Latencies(MAX_LATENCIES);
      try (var clients = clients(server, Dialect.LINKSPAN_OWING, "owing", CONNECTIONS)) {
        clients.closedLoop(0, OWED, owing);
      }
      double[] pauses = pauses(log);
      return new Result(
          cpu,
          millis(latencies),
          storm,
          millis(owing),
          Arrays.stream(pauses).max().orElse(0),
          Arrays.stream(pauses).sum(),
          server.residentBytes() / (1024.0 * 1024));
    } finally {
      Files.delete(log);
    }
  }

  private static double storm(ServerProcess server) throws IOException, InterruptedException {
    var latencies = new Latencies(MAX_LATENCIES);
    String url = "ws://127.0.0.1:" + server.port("http") + "/ws";
    try (var good = clients(server, Dialect.LINKSPAN, "good", GOOD);
        var storm = new StormProcess(url, "helper", BAD, STORM_SECONDS)) {
      storm.awaitFirstSecond();
      good.openLoop(GOOD_PER_SECOND, (STORM_SECONDS - 1) * 1_000L, latencies);
      storm.await();
    }
    return millis(latencies);
  }

  private static LoadGenerator clients(
      ServerProcess server, Dialect dialect, String name, int count) throws IOException {
    return new LoadGenerator(server, Wire.WEBSOCKET, dialect, name, count);
  }

  private static double millis(Latencies latencies) {
    return latencies.micros(0.99) / 1_000;
  }

  private static double[] pauses(Path log) throws IOException {
    return Files.readAllLines(log).stream()
        .map(PAUSE::matcher)
        .filter(Matcher::find)
        .mapToDouble(line -> Double.parseDouble(line.group(1)))
        .toArray();
  }

  private void print() {
    System.out.printf(
        "%-14s %-9s %8s %9s %10s %10s %10s %8s %9s%n",
        "machine",
        "collector",
        "CPU us",
        "echo p99",
        "storm p99",
        "owing p99",
        "longest ms",
        "sum ms",
        "RSS MiB");
    results.forEach(
        (machine, collector, cell) ->
            System.out.printf(
                "%-14s %-9s %8.1f %9.1f %10.1f %10.1f %10.1f %8.0f %9.0f%n",
                machine,
                collector,
                cell.median(Result::cpu),
                cell.median(Result::echo),
                cell.median(Result::storm),
                cell.median(Result::owing),
                cell.median(Result::longest),
                cell.median(Result::pauses),
                cell.median(Result::residentMiB)));
  }
}
