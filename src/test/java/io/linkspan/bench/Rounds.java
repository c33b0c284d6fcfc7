package io.linkspan.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Holds the measurements of several rounds and servers, by row of a table and server. A ratio
 * compares figures of the same round, in which the rest of the machine had the same load.
 *
 * @param <T> one measurement
 */
final class Rounds<T> {

  /** Returns the measurements of one server in one row. */
  final class Cell {
    private final List<T> all = new ArrayList<>();
    private final String row;

    private Cell(String row) {
      this.row = row;
    }

    /** Returns the median of a figure. */
    double median(ToDoubleFunction<T> figure) {
      return Rounds.median(all.stream().mapToDouble(figure).toArray());
    }

    /** Returns the median of the ratios to another server; NaN where that has no measurement. */
    double ratio(String to, ToDoubleFunction<T> figure) {
      Cell other = rows.get(row).get(to);
      double[] ratios = new double[other == null ? 0 : Math.min(all.size(), other.all.size())];
      Arrays.setAll(
          ratios, i -> figure.applyAsDouble(all.get(i)) / figure.applyAsDouble(other.all.get(i)));
      return ratios.length == 0 ? Double.NaN : Rounds.median(ratios);
    }
  }

  /** Prints one line of a table. */
  interface Line<T> {
    void print(String row, String server, Rounds<T>.Cell cell);
  }

  private final Map<String, Map<String, Cell>> rows = new LinkedHashMap<>();

  void add(String row, String server, T measured) {
    rows.computeIfAbsent(row, r -> new LinkedHashMap<>())
        .computeIfAbsent(server, s -> new Cell(row))
        .all
        .add(measured);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Prints each line of the table. */
  void forEach(Line<T> line) {
    rows.forEach(
        (row, servers) -> servers.forEach((server, cell) -> line.print(row, server, cell)));
  }

  /** Prints the usual table of servers under load, compared with one of them. */
  static void print(Rounds<Window.Load> loads, String comparedWith) {
    System.out.printf(
        "%n%-40s %-15s %10s %8s %8s %6s %9s %9s %9s %7s%n",
        "under load",
        "server",
        "CPU us/msg",
        "of user",
        "compiler",
        "ratio",
        "msg/s",
        "p50 us",
        "p99 us",
        "others");
    loads.forEach(
        (row, server, cell) ->
            System.out.printf(
                "%-40s %-15s %10.1f %8.1f %8.1f %6.2f %9.0f %9.0f %9.0f %6.0f%%%n",
                row,
                server,
                cell.median(Window.Load::cpu),
                cell.median(Window.Load::user),
                cell.median(Window.Load::compiler),
                cell.ratio(comparedWith, Window.Load::cpu),
                cell.median(Window.Load::perSecond),
                cell.median(Window.Load::p50),
                cell.median(Window.Load::p99),
                cell.median(Window.Load::others)));
  }

  static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }
}
