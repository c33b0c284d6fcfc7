package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.linkspan.testing.DashboardQueries;
import io.linkspan.testing.DocumentedCode;
import io.linkspan.testing.MetricTables;
import io.linkspan.testing.Promtool;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the dashboard and the alerts with the metrics of a gateway that has all transports. */
class MonitoringTest {

  private static final String ALERTS = "docs/deploy/alerts.yaml";
  private static final String ADAPTER = "docs/deploy/kubernetes/connections/adapter.yaml";

  /** Labels that Prometheus adds to each series. */
  private static final Set<String> ADDED = Set.of("job", "instance", "namespace", "pod");

  private static final Set<String> FUNCTIONS =
      Set.of("sum", "max", "min", "rate", "increase", "histogram_quantile");

  private static final Pattern LINE = Pattern.compile("(\\w+)(?:\\{(.*)})? [-+.\\dA-Za-z]+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|!~|!=|=)\"([^\"]*)\"");
  private static final Pattern GROUPING = Pattern.compile("\\bby \\(([^)]*)\\)");
  private static final Pattern SELECTOR =
      Pattern.compile("\\b([a-z]+_\\w+|up)\\b(?!\\()(?:\\{([^}]*)\\})?");
  private static final Pattern SHOWN = Pattern.compile("\\{\\{ *(?:\\$labels\\.)?(\\w+) *}}");

  private static final YAMLMapper YAML = new YAMLMapper();

  private static final List<Series> METRICS = new ArrayList<>();

  private static String scraped;

  @TempDir private Path folder;

  private record Series(String name, Map<String, String> labels) {}

  /**
   * A query, and the texts that show its labels.
   *
   * @param place where it is
   */
  private record Query(String place, String expression, String shown) {
    @Override
    public String toString() {
      return place;
    }
  }

  @BeforeAll
  static void scrape(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("linkspan.yaml"),
            """
            tracing: {endpoint: "http://127.0.0.1:9/", sample: 0}
            routes:
              - {to: "service:legacy", http: {url: "http://127.0.0.1:9/"}}
              - {to: "service:plc", tcp: {host: 127.0.0.1, port: 9}}
            """);
    try (TestGateway gateway = TestGateway.start(file, Map.of("tcp.enabled", "true"))) {
      // The JVM has metrics of its collections after the first one only.
      String text =
          Awaitility.await()
              .atMost(Duration.ofMinutes(1))
              .until(
                  () -> {
                    System.gc();
                    return Scrape.text(gateway.managementPort());
                  },
                  metrics -> metrics.contains("\njvm_gc_pause_seconds_sum{"));
      scraped = text;
      text.lines()
          .map(LINE::matcher)
          .filter(Matcher::matches)
          .map(line -> new Series(line.group(1), labels(line.group(2))))
          .forEach(METRICS::add);
    }
  }

  private static Map<String, String> labels(String text) {
    return text == null
        ? Map.of()
        : LABEL
            .matcher(text)
            .results()
            .collect(Collectors.toMap(label -> label.group(1), label -> label.group(2)));
  }

  static Stream<Query> queries() throws IOException {
    List<Query> queries = new ArrayList<>();
    for (DashboardQueries.Query query : DashboardQueries.read("linkspan", "5m")) {
      queries.add(new Query(query.panel(), query.expression(), query.legend()));
    }
    for (JsonNode rule : rules()) {
      String shown = rule.path("annotations").toString();
      queries.add(new Query(rule.path("alert").asText(), rule.path("expr").asText(), shown));
    }
    return queries.stream();
  }

  private static JsonNode rules() throws IOException {
    return YAML.readTree(DocumentedCode.read(ALERTS)).at("/groups/0/rules");
  }

  @Test
  void theDocumentsDescribeEveryMetricWithItsLabelsAndNoOthers() {
    Map<String, Set<String>> documented = MetricTables.documented("docs/operations.md");
    documented.putAll(MetricTables.documented("docs/upstreams.md", "upstream"));
    assertThat(documented).isEqualTo(MetricTables.scraped(scraped));
  }

  @Test
  @EnabledIf(
      value = "io.linkspan.testing.Promtool#available",
      disabledReason = "prometheus is not installed")
  void prometheusAcceptsTheNamesOfTheMetrics() throws Exception {
    // The metrics of the JVM have the names that Micrometer gives them.
    String own =
        scraped
            .lines()
            .filter(line -> line.replaceFirst("^# (TYPE|HELP) ", "").startsWith("linkspan_"))
            .collect(Collectors.joining("\n", "", "\n"));
    Promtool.checkMetrics(Files.writeString(folder.resolve("metrics.txt"), own));
  }

  @ParameterizedTest
  @MethodSource("queries")
  void aQueryNamesSeriesThatExist(Query query) {
    String rest = GROUPING.matcher(query.expression()).replaceAll("");
    List<MatchResult> selectors = SELECTOR.matcher(rest).results().toList();
    assertThat(selectors).isNotEmpty();
    selectors.forEach(selector -> assertExists(selector.group(1), selector.group(2)));
    // Nothing else is a name: a metric that is misspelled would not go unnoticed.
    String functions = SELECTOR.matcher(rest).replaceAll("").replaceAll("\\[\\w+]", "");
    assertThat(Pattern.compile("[A-Za-z_]\\w*").matcher(functions).results())
        .allSatisfy(name -> assertThat(FUNCTIONS).contains(name.group()));
  }

  private static void assertExists(String metric, String matchers) {
    if (metric.equals("up")) {
      return; // Prometheus' own
    }
    List<Series> series = METRICS.stream().filter(one -> one.name().equals(metric)).toList();
    assertThat(series).as(metric).isNotEmpty();
    if (matchers == null) {
      return;
    }
    for (MatchResult matcher : MATCHER.matcher(matchers).results().toList()) {
      String label = matcher.group(1);
      if (!ADDED.contains(label)) {
        // Each of the values, also one that is excluded.
        for (String value : matcher.group(3).split("\\|", -1)) {
          assertThat(series)
              .as("%s{%s}", metric, matchers)
              .anyMatch(one -> value.equals(one.labels().get(label)));
        }
      }
    }
    assertThat(MATCHER.matcher(matchers).replaceAll("").replace(",", "").strip()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("queries")
  void aQueryGroupsByLabelsOfItsSeriesAndShowsNoOthers(Query query) {
    Set<String> known = new HashSet<>(ADDED);
    SELECTOR
        .matcher(query.expression())
        .results()
        .forEach(
            selector ->
                METRICS.stream()
                    .filter(one -> one.name().equals(selector.group(1)))
                    .forEach(one -> known.addAll(one.labels().keySet())));
    Set<String> grouped = new HashSet<>();
    GROUPING
        .matcher(query.expression())
        .results()
        .forEach(grouping -> grouped.addAll(List.of(grouping.group(1).split(", ", -1))));
    assertThat(known).containsAll(grouped);
    boolean isGrouped = query.expression().matches("(?s).*\\b(sum|max|min)\\b.*");
    assertThat(SHOWN.matcher(query.shown()).results())
        .allSatisfy(shown -> assertThat(isGrouped ? grouped : known).contains(shown.group(1)));
  }

  @Test
  void everyAlertSaysHowUrgentItIs() throws IOException {
    assertThat(rules())
        .isNotEmpty()
        .allSatisfy(
            rule -> {
              assertThat(rule.at("/labels/severity").asText()).isIn("page", "ticket");
              assertThat(rule.at("/annotations/summary").asText()).isNotEmpty();
              assertThat(rule.at("/annotations/description").asText()).isNotEmpty();
            });
  }

  @Test
  void theRuleOfTheAdapterServesAMetricThatExists() throws IOException {
    JsonNode rule = YAML.readTree(DocumentedCode.read(ADAPTER)).path(0);
    Matcher series = SELECTOR.matcher(rule.path("seriesQuery").asText());
    assertThat(series.lookingAt()).isTrue();
    assertExists(series.group(1), null);
  }

  @Test
  @EnabledIf(
      value = "io.linkspan.testing.Promtool#available",
      disabledReason = "prometheus is not installed")
  void prometheusAcceptsTheAlertsAndItsConfiguration() throws Exception {
    Promtool.check("check", "rules", DocumentedCode.path(ALERTS).toString());
    Promtool.check(
        "check", "config", DocumentedCode.path("docs/deploy/prometheus.yaml").toString());
  }

  @Test
  @EnabledIf(
      value = "io.linkspan.testing.Promtool#available",
      disabledReason = "prometheus is not installed")
  void prometheusAcceptsTheQueriesOfTheDashboard() throws Exception {
    StringBuilder rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
    int number = 0;
    for (DashboardQueries.Query query : DashboardQueries.read("linkspan", "5m")) {
      rules
          .append("      - {record: query_%d, expr: '".formatted(number++))
          .append(query.expression())
          .append("'}\n");
    }
    Path file = Files.writeString(folder.resolve("dashboard.yaml"), rules);
    Promtool.check("check", "rules", file.toString());
  }

  @Test
  @EnabledIf(
      value = "io.linkspan.testing.Promtool#available",
      disabledReason = "prometheus is not installed")
  void alertsFireAtTheFaultsThatTheyDescribe() throws Exception {
    Promtool.check(
        "test", "rules", DocumentedCode.path("src/test/resources/alerts.yaml").toString());
  }
}
