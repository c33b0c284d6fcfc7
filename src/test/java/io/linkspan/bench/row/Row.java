package io.linkspan.bench.row;

import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import java.nio.file.Path;
import java.util.List;

/** One row of the scoreboard. */
public interface Row {

  /**
   * Holds what all rows of a run have in common.
   *
   * @param seeds how many seeds the row of the faults runs, from this one on
   * @param cycles how many cycles of sessions the row of the memory runs; 0: as many as fit the
   *     size
   * @param suites the folder of the official suites; null: none
   */
  record Run(Size size, long seed, int seeds, int cycles, Path suites) {}

  /** Returns the name on the command line. */
  String name();

  /** Returns the peers that are measured in the same run. */
  List<String> peers();

  /** Returns the limits and aims, which say what makes the row fail. */
  List<Limit> limits(Size size);

  /** Returns after how many seconds the row is ended, as failed. */
  int maxSeconds(Run run);

  /** Measures, and ends all processes that it has started. */
  void measure(Run run, RowReport report) throws Exception;
}
