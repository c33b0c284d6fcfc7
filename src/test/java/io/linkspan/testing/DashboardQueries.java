package io.linkspan.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the queries of the Grafana dashboard, with its variables replaced. */
public final class DashboardQueries {

  private static final String FILE = "docs/deploy/grafana/dashboard.json";

  /**
   * One query.
   *
   * @param panel title of its panel, and number of the query in it
   * @param legend text that Grafana shows for each of its series
   */
  public record Query(String panel, String expression, String legend) {}

  private DashboardQueries() {}

  /**
   * Reads all queries, for all nodes of a job.
   *
   * @param window that rates are calculated over
   */
  public static List<Query> read(String job, String window) throws IOException {
    List<Query> queries = new ArrayList<>();
    for (JsonNode panel : new ObjectMapper().readTree(DocumentedCode.read(FILE)).path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        String expression =
            target
                .path("expr")
                .asText()
                .replace("$job", job)
                .replace("$instance", ".*")
                .replace("$__rate_interval", window);
        if (expression.contains("$")) {
          throw new AssertionError("unknown variable in " + expression);
        }
        queries.add(
            new Query(
                panel.path("title").asText() + " " + target.path("refId").asText(),
                expression,
                target.path("legendFormat").asText()));
      }
    }
    return queries;
  }
}
