package io.linkspan.bench.board;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Compares a run with a stored one. */
public final class Comparison {

  private final List<String> worse = new ArrayList<>();
  private final List<String> better = new ArrayList<>();

  /**
   * Compares the rows that both runs have. Only the figures of the gateway count: a peer may change
   * with the machine.
   *
   * @throws IllegalArgumentException when the runs have different sizes
   */
  public Comparison(Board stored, Board now) {
    for (String size : List.of("quick", "scale")) {
      Object before = stored.manifest().getValue(size);
      Object after = now.manifest().getValue(size);
      if (!String.valueOf(before).equals(String.valueOf(after))) {
        throw new IllegalArgumentException(
            "the stored run has %s %s and this one %s".formatted(size, before, after));
      }
    }
    for (RowReport report : now.rows()) {
      Optional<RowReport> before =
          stored.rows().stream().filter(row -> row.row().equals(report.row())).findFirst();
      before.ifPresent(row -> compare(row, report));
    }
  }

  private void compare(RowReport stored, RowReport now) {
    for (RowReport.Value before : stored.values()) {
      if (!before.server().startsWith(Table.GATEWAY)) {
        continue;
      }
      Figure figure = before.figure();
      OptionalDouble after = now.value(figure.name(), before.server());
      if (after.isEmpty()) {
        worse.add(text(stored.row(), before) + " is missing");
      } else if (figure.isWorse(before.value(), after.getAsDouble())) {
        worse.add(change(stored.row(), before, after.getAsDouble()));
      } else if (figure.isBetter(before.value(), after.getAsDouble())) {
        better.add(change(stored.row(), before, after.getAsDouble()));
      }
    }
  }

  private static String text(String row, RowReport.Value value) {
    return row + ", " + value.server() + ": " + value.figure().name();
  }

  private static String change(String row, RowReport.Value before, double after) {
    Figure figure = before.figure();
    return "%s was %s and is %s; noise %d %%, %s (%s)"
        .formatted(
            text(row, before),
            Table.number(before.value()),
            Table.number(after),
            Math.round(100 * figure.noise()),
            Table.number(figure.slack()),
            figure.nature().label());
  }

  /** Returns the figures that are worse by more than their noise, or missing. */
  public List<String> worse() {
    return List.copyOf(worse);
  }

  /** Returns the figures that are better by more than their noise. */
  public List<String> better() {
    return List.copyOf(better);
  }
}
