package io.linkspan;

import io.linkspan.config.Hosts;
import io.linkspan.storm.StormCounts;
import io.linkspan.storm.StormKind;
import io.linkspan.storm.StormLab;
import io.linkspan.storm.StormPlan;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Runs badly written clients against a gateway on this machine, and prints a line each second. Exit
 * codes: 0 at the end of the storm, 1 when it cannot run, 2 for wrong usage.
 */
@Command(
    name = "storm",
    mixinStandardHelpOptions = true,
    description =
        "Run badly written clients against a gateway on this machine, to size its limits.")
final class StormCommand implements Callable<Integer> {

  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** The gauges that each line ends with, by their names in the metrics. */
  private static final Map<String, String> GAUGES =
      Map.of(
          "linkspan_sessions", "sessions",
          "linkspan_pending_links", "pendingLinks",
          "linkspan_memory_used_bytes{memory=\"heap\"}", "heapBytes",
          "linkspan_memory_used_bytes{memory=\"direct\"}", "directBytes",
          "linkspan_memory_level{memory=\"heap\"}", "memoryLevel");

  @Parameters(
      paramLabel = "URL",
      description = "the gateway, on loopback, such as ws://127.0.0.1:8080/ws")
  private URI url;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      defaultValue = "helper",
      description =
          "good, helper, no-back-off, half-open, slow-reader or chatterbox"
              + " (default: ${DEFAULT-VALUE})")
  private String kind;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "200",
      description = "clients of the kind, at most 5000 (default: ${DEFAULT-VALUE})")
  private int clients;

  @Option(
      names = "--good",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "good clients beside them, whose round trips are measured (default: ${DEFAULT-VALUE})")
  private int good;

  @Option(
      names = "--addresses",
      paramLabel = "N",
      defaultValue = "250",
      description = "loopback addresses that the clients come from (default: ${DEFAULT-VALUE})")
  private int addresses;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "length of the storm, at most 600 (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--quiet-seconds",
      paramLabel = "N",
      defaultValue = "5",
      description = "the good clients run alone for so long before it (default: ${DEFAULT-VALUE})")
  private int quietSeconds;

  @Option(
      names = "--management",
      paramLabel = "URL",
      description = "management port of the gateway, on loopback; adds its gauges to each line")
  private URI management;

  @Option(names = "--json", description = "one JSON object a line")
  private boolean json;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private CompletableFuture<HttpResponse<String>> scrape;
  private final JsonObject gauges = new JsonObject();

  @Override
  public Integer call() {
    StormPlan plan;
    try {
      plan =
          StormPlan.of(
              url, StormKind.of(kind), clients, good, addresses, Duration.ofSeconds(seconds));
      if (quietSeconds < 0 || quietSeconds > StormPlan.MAX_DURATION.toSeconds()) {
        throw new IllegalArgumentException("--quiet-seconds must be 0 to 600");
      }
      if (management != null
          && (management.getHost() == null || !Hosts.isLoopback(management.getHost()))) {
        throw new IllegalArgumentException("the management port must be on loopback");
      }
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return WRONG_USAGE;
    }
    try (var lab = new StormLab(plan)) {
      JsonObject quiet = run("quiet", lab, quietSeconds);
      lab.begin();
      JsonObject storm = run("storm", lab, seconds);
      print("all of the quiet time", quiet);
      print("all of the storm", storm);
      return 0;
    } catch (IOException e) {
      System.err.println("the storm cannot run: " + e.getMessage());
      return FAILED;
    }
  }

  /** Runs a part of the storm, and returns the counts of all of it. */
  private JsonObject run(String phase, StormLab lab, int length) throws IOException {
    var all = new StormCounts();
    long start = System.nanoTime();
    long last = start;
    for (int second = 1; second <= length; second++) {
      long end = start + second * SECOND_NANOS;
      while (System.nanoTime() < end) {
        lab.turn();
      }
      StormCounts counts = lab.takeCounts();
      long now = System.nanoTime();
      readGauges();
      print(phase + " " + second + " s", counts.toJson(since(last, now), lab.open()));
      last = now;
      all.add(counts);
    }
    return all.toJson(Math.max(since(start, last), 1), lab.open());
  }

  private static double since(long start, long now) {
    return (double) (now - start) / SECOND_NANOS;
  }

  private void print(String when, JsonObject counts) {
    if (json) {
      System.out.println(
          new JsonObject().put("when", when).mergeIn(counts).put("gauges", gauges).encode());
      return;
    }
    String more =
        gauges.stream()
            .map(gauge -> gauge.getKey() + ' ' + ((Number) gauge.getValue()).longValue())
            .collect(Collectors.joining(", "));
    System.out.println(
        when + ": " + StormCounts.text(counts) + (more.isEmpty() ? "" : "; " + more));
  }

  /** Takes the gauges of the last request, and starts the next one without waiting for it. */
  private void readGauges() {
    if (management == null) {
      return;
    }
    if (scrape != null && scrape.isDone() && !scrape.isCompletedExceptionally()) {
      take(scrape.join().body());
    }
    if (scrape == null || scrape.isDone()) {
      scrape =
          http.sendAsync(
              HttpRequest.newBuilder(management.resolve("/metrics")).timeout(PATIENCE).build(),
              BodyHandlers.ofString());
    }
  }

  private void take(String metrics) {
    Map<String, Double> values = new TreeMap<>();
    List<String> lines = Arrays.asList(metrics.split("\n", -1));
    for (String line : lines) {
      int end = line.lastIndexOf(' ');
      String name = end < 0 ? null : GAUGES.get(line.substring(0, end));
      if (name != null) {
        values.put(name, Double.valueOf(line.substring(end + 1)));
      }
    }
    values.forEach(gauges::put);
  }
}
