package io.linkspan.testing;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads which metrics the gateway has, with their labels: from a scrape, and from the documents.
 */
public final class MetricTables {

  /** Labels that the format of histograms and summaries adds. */
  private static final Set<String> FORMAT = Set.of("le", "quantile");

  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (linkspan_\\w+) (\\w+)$");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");
  private static final Pattern NAME = Pattern.compile("`(linkspan_\\w+)(?:\\{([\\w,]+)})?`");

  private MetricTables() {}

  /** Returns the metrics of a scrape that are the gateway's own, with the labels of all series. */
  public static Map<String, Set<String>> scraped(String text) {
    Map<String, Set<String>> metrics = new TreeMap<>();
    for (MatchResult type : TYPE.matcher(text).results().toList()) {
      String name = type.group(1);
      Pattern sample =
          Pattern.compile("(?m)^" + name + "(?:_bucket|_sum|_count)?(?:\\{(.*)})? \\S+$");
      Set<String> labels =
          sample
              .matcher(text)
              .results()
              .filter(line -> line.group(1) != null)
              .flatMap(line -> LABEL.matcher(line.group(1)).results())
              .map(label -> label.group(1))
              .filter(label -> !FORMAT.contains(label))
              .collect(Collectors.toCollection(TreeSet::new));
      metrics.put(name, labels);
    }
    return metrics;
  }

  /**
   * Returns the metrics in the first column of a document's tables, with their labels.
   *
   * @param common labels that the document names for all of them
   */
  public static Map<String, Set<String>> documented(String document, String... common) {
    Map<String, Set<String>> metrics = new TreeMap<>();
    for (String line : DocumentedCode.read(document).lines().toList()) {
      if (!line.startsWith("| `linkspan_")) {
        continue;
      }
      String names = line.split("\\|", -1)[1];
      for (MatchResult name : NAME.matcher(names).results().toList()) {
        Set<String> labels = new TreeSet<>(Arrays.asList(common));
        if (name.group(2) != null) {
          labels.addAll(Arrays.asList(name.group(2).split(",", -1)));
        }
        metrics.putIfAbsent(name.group(1), labels);
      }
    }
    return metrics;
  }
}
