package io.linkspan.bench.board;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Renders a run into the block of a Markdown file between two marks. */
public final class MarkedBlock {

  /** The line in front of the block. */
  public static final String BEGIN = "<!-- scoreboard: begin -->";

  /** The line after the block. */
  public static final String END = "<!-- scoreboard: end -->";

  private MarkedBlock() {}

  /**
   * Replaces the block.
   *
   * @throws IllegalArgumentException when a mark is missing
   */
  public static String replace(String text, Board board) {
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("the file has no block between " + BEGIN + " and " + END);
    }
    return text.substring(0, begin + BEGIN.length())
        + "\n"
        + String.join("\n", lines(board))
        + "\n"
        + text.substring(end);
  }

  private static List<String> lines(Board board) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(machine(board.manifest()));
    lines.add("");
    lines.addAll(Table.lines(board));
    lines.add("");
    for (RowReport row : board.rows()) {
      lines.add(
          "* `%s`: load %s before it, %s s%s"
              .formatted(
                  row.row(),
                  Table.number(row.load()),
                  Table.number(Math.rint(row.seconds())),
                  row.notes().isEmpty() ? "." : "; " + String.join("; ", row.notes()) + "."));
    }
    board.failures().forEach(text -> lines.add("* **Failed**: " + text + "."));
    board.missedAims().forEach(text -> lines.add("* Missed: " + text + "."));
    lines.add("");
    return lines;
  }

  private static String machine(JsonObject manifest) {
    return "%s, linkspan %s (commit %s), %s processors (%s), %s MiB, Linux %s, JDK %s, Node %s; %srun, scale %s, seed %s."
        .formatted(
            manifest.getString("date"),
            manifest.getString("linkspan"),
            manifest.getString("commit"),
            manifest.getValue("processors"),
            manifest.getString("processor"),
            manifest.getValue("memoryMiB"),
            manifest.getString("kernel"),
            manifest.getString("jdk"),
            manifest.getString("node"),
            manifest.getBoolean("quick") ? "quick " : "whole ",
            Table.number(manifest.getDouble("scale")),
            manifest.getValue("seed"));
  }
}
