package io.linkspan.bench.row;

import io.linkspan.bench.board.RowReport;
import java.io.IOException;

/** Runs the parts of a row: one that fails is reported, and does not end those after it. */
final class Parts {

  /** A part of a row, which ends all processes that it has started. */
  interface Part {
    void measure() throws IOException, InterruptedException;
  }

  private Parts() {}

  /**
   * Runs a part.
   *
   * @throws InterruptedException when the time of the row is over
   */
  static void run(String name, RowReport report, Part part) throws InterruptedException {
    try {
      part.measure();
    } catch (IOException | IllegalStateException | IllegalArgumentException | AssertionError e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      e.printStackTrace();
      report.failed(name + ": " + e);
    }
  }
}
