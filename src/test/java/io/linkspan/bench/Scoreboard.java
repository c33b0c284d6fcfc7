package io.linkspan.bench;

import io.linkspan.bench.board.Board;
import io.linkspan.bench.board.BoardOptions;
import io.linkspan.bench.board.Comparison;
import io.linkspan.bench.board.Manifest;
import io.linkspan.bench.board.MarkedBlock;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Table;
import io.linkspan.bench.row.AvalancheRow;
import io.linkspan.bench.row.BroadcastRow;
import io.linkspan.bench.row.ConformanceRow;
import io.linkspan.bench.row.ConnectRow;
import io.linkspan.bench.row.FaultsRow;
import io.linkspan.bench.row.HostileRow;
import io.linkspan.bench.row.IdleRow;
import io.linkspan.bench.row.JitterRow;
import io.linkspan.bench.row.MemoryRow;
import io.linkspan.bench.row.MessageRow;
import io.linkspan.bench.row.Row;
import io.linkspan.bench.row.StormRow;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the rows of the scoreboard, prints one table and writes one file. See docs/benchmarks.md.
 *
 * <p>Usage: {@code Scoreboard [ROW…] [quick] [--scale=N] [--seed N] [--seeds N] [--cycles N]
 * [--patience N] [--out FILE] [--compare FILE] [--suites FOLDER] [--render FILE] [--from FILE]}.
 * Exit codes: 0, 1 when a limit does not hold or a figure is worse than the stored one by more than
 * its noise, 2 for wrong usage.
 */
public final class Scoreboard {

  private static final List<Row> ROWS =
      List.of(
          new JitterRow(),
          new AvalancheRow(),
          new StormRow(),
          new MessageRow(),
          new FaultsRow(),
          new IdleRow(),
          new ConnectRow(),
          new BroadcastRow(),
          new MemoryRow(),
          new HostileRow(),
          new ConformanceRow());

  /** The first rows, which together take less than five minutes when they are quick. */
  private static final int QUICK_ROWS = 4;

  private static final int WORSE = 1;
  private static final int WRONG_USAGE = 2;

  private Scoreboard() {}

  public static void main(String[] arguments) throws Exception {
    Children.endWithThisProcess();
    System.exit(run(List.of(arguments)));
  }

  /** Runs with these arguments, and returns the exit code. */
  static int run(List<String> arguments) throws IOException {
    BoardOptions options;
    Board stored;
    try {
      options = BoardOptions.parse(arguments, names(ROWS), names(ROWS.subList(0, QUICK_ROWS)));
      stored = options.compare() == null ? null : Board.read(options.compare());
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return WRONG_USAGE;
    }
    Board board;
    if (options.from() == null) {
      board = measure(options);
    } else {
      board = Board.read(options.from());
    }
    Table.lines(board).forEach(System.out::println);
    for (RowReport row : board.rows()) {
      row.notes().forEach(text -> System.out.println(row.row() + ": " + text));
    }
    board.missedAims().forEach(text -> System.out.println("aim missed: " + text));
    List<String> failures = new ArrayList<>(board.failures());
    if (stored != null) {
      failures.addAll(compare(stored, board));
    }
    failures.forEach(text -> System.out.println("FAILED: " + text));
    if (options.render() != null) {
      render(board, options.render());
    }
    return failures.isEmpty() ? 0 : WORSE;
  }

  private static List<String> names(List<Row> rows) {
    return rows.stream().map(Row::name).toList();
  }

  private static List<String> compare(Board stored, Board board) {
    try {
      var comparison = new Comparison(stored, board);
      comparison.better().forEach(text -> System.out.println("better: " + text));
      return comparison.worse();
    } catch (IllegalArgumentException e) {
      return List.of("the comparison is not possible: " + e.getMessage());
    }
  }

  private static void render(Board board, Path file) throws IOException {
    Files.writeString(file, MarkedBlock.replace(Files.readString(file), board));
  }

  private static Board measure(BoardOptions options) throws IOException {
    // The scripts of the rows start gateways by this path.
    System.setProperty("linkspan.jar", ServerProcess.GATEWAY_JAR.toAbsolutePath().toString());
    JsonObject manifest =
        Manifest.of(options, ServerProcess.JVM_OPTIONS, ServerProcess.GATEWAY_JAR);
    var run =
        new Row.Run(
            options.size(), options.seed(), options.seeds(), options.cycles(), options.suites());
    var board = new Board(manifest, new ArrayList<>());
    ServerProcess.archiveClasses();
    for (Row row : ROWS) {
      if (options.rows().contains(row.name()) && !Children.areEnding()) {
        System.err.println(row.name() + ", beside " + row.peers());
        RowReport report = new RowRun(row, run, Children::endAll).measure(options.patience());
        System.err.printf("%s took %.0f s%n", row.name(), report.seconds());
        board.rows().add(report);
        // A run that is interrupted leaves the rows before.
        board.write(options.out());
      }
    }
    return board;
  }
}
