package io.linkspan;

import io.linkspan.config.Hosts;
import io.linkspan.storm.StormCounts;
import io.linkspan.storm.StormGauges;
import io.linkspan.storm.StormKind;
import io.linkspan.storm.StormPlan;
import io.linkspan.storm.StormReasons;
import io.linkspan.storm.StormRun;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
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
  private static final Duration PATIENCE = Duration.ofSeconds(5);

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
  private JsonObject gauges = new JsonObject();

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
    var run = new StormRun(plan, quietSeconds);
    try {
      run.run(
          (phase, second, figures, total) -> {
            readGauges();
            print(phase.label() + " " + second + " s", figures);
          });
    } catch (IOException e) {
      System.err.println("the storm cannot run: " + e.getMessage());
      return FAILED;
    }
    print("all of the quiet time", run.quiet());
    print("all of the storm", run.storm());
    if (!json) {
      explain(run.storm());
    }
    return 0;
  }

  /** Prints the meaning of each reason, with the keys that decide it. */
  private static void explain(JsonObject counts) {
    Set<String> names = new TreeSet<>();
    for (String part : List.of("refused", "closes", "errors")) {
      names.addAll(counts.getJsonObject(part).fieldNames());
    }
    for (String name : names) {
      if (!StormReasons.meaning(name).isEmpty()) {
        System.out.println("  " + name + ": " + StormReasons.meaning(name));
      }
    }
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
      gauges = StormGauges.of(scrape.join().body());
    }
    if (scrape == null || scrape.isDone()) {
      scrape =
          http.sendAsync(
              HttpRequest.newBuilder(management.resolve("/metrics")).timeout(PATIENCE).build(),
              BodyHandlers.ofString());
    }
  }
}
