package io.linkspan.bench.board;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Renders a run as one Markdown table: a line for each figure, a column for the gateway's peers.
 */
public final class Table {

  /** The name with which each server of the gateway begins. */
  public static final String GATEWAY = "linkspan";

  private static final String[] HEAD = {
    "row", "figure", "linkspan", "peers in the same run", "nature", "limit", ""
  };

  private Table() {}

  /** Returns the lines of the table. */
  public static List<String> lines(Board board) {
    List<String[]> cells = new ArrayList<>();
    cells.add(HEAD);
    for (RowReport report : board.rows()) {
      add(report, cells);
    }
    return aligned(cells);
  }

  private static void add(RowReport report, List<String[]> cells) {
    Map<String, List<RowReport.Value>> byFigure = new LinkedHashMap<>();
    for (RowReport.Value value : report.values()) {
      byFigure.computeIfAbsent(value.figure().name(), name -> new ArrayList<>()).add(value);
    }
    String row = report.row();
    for (List<RowReport.Value> values : byFigure.values()) {
      Figure figure = values.get(0).figure();
      List<String> own = new ArrayList<>();
      List<String> peers = new ArrayList<>();
      for (RowReport.Value value : values) {
        if (value.server().startsWith(GATEWAY)) {
          String variant = value.server().substring(GATEWAY.length()).strip();
          own.add((variant + " " + withUnit(value)).strip());
        } else {
          peers.add(value.server() + " " + withUnit(value));
        }
      }
      List<Limit> limits =
          report.limits().stream().filter(limit -> limit.figure().equals(figure.name())).toList();
      cells.add(
          new String[] {
            row,
            figure.name(),
            String.join(", ", own),
            String.join(", ", peers),
            figure.nature().label(),
            String.join(", ", limits.stream().map(Table::rule).distinct().toList()),
            verdict(report, limits)
          });
      row = "";
    }
    if (byFigure.isEmpty()) {
      cells.add(new String[] {row, "no figures", "", "", "", "", "**failed**"});
    }
  }

  private static String rule(Limit limit) {
    return limit.text() + (limit.binding() ? "" : " (aim)");
  }

  private static String verdict(RowReport report, List<Limit> limits) {
    if (limits.isEmpty()) {
      return "";
    }
    boolean failed = limits.stream().anyMatch(limit -> limit.binding() && !limit.holds(report));
    boolean missed = limits.stream().anyMatch(limit -> !limit.holds(report));
    return failed ? "**failed**" : missed ? "missed" : "holds";
  }

  private static String withUnit(RowReport.Value value) {
    String unit = value.figure().unit();
    String gap = unit.isEmpty() || unit.equals("/s") ? "" : " ";
    return number(value.value()) + gap + unit;
  }

  /** Returns a number with as many digits as say something. */
  public static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    double size = Math.abs(value);
    if (value == Math.rint(value) || size >= 100) {
      return String.format(Locale.ROOT, "%,d", Math.round(value));
    }
    return String.format(Locale.ROOT, size >= 10 ? "%.1f" : "%.2f", value);
  }

  private static List<String> aligned(List<String[]> cells) {
    int[] widths = new int[HEAD.length];
    for (String[] line : cells) {
      for (int i = 0; i < line.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] line : cells) {
      var text = new StringBuilder("|");
      for (int i = 0; i < line.length; i++) {
        text.append(' ').append(line[i]).append(" ".repeat(widths[i] - line[i].length()));
        text.append(" |");
      }
      lines.add(text.toString());
      if (lines.size() == 1) {
        lines.add("|" + " --- |".repeat(HEAD.length));
      }
    }
    return lines;
  }
}
