package io.linkspan.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.row.Row;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** One row that succeeds, fails, or does not end by itself. */
class RowRunTest {

  private static final Row.Run RUN = new Row.Run(new Size(true, 1), 1, 1, 0, null);

  /** The work of a row. */
  private interface Work {
    void run(RowReport report) throws Exception;
  }

  private static Row row(Work work) {
    return new Row() {
      @Override
      public String name() {
        return "work";
      }

      @Override
      public List<String> peers() {
        return List.of();
      }

      @Override
      public List<Limit> limits(Size size) {
        return List.of();
      }

      @Override
      public int maxSeconds(Row.Run run) {
        return 1;
      }

      @Override
      public void measure(Run run, RowReport report) throws Exception {
        report.add(Figure.count("figure"), "linkspan", 7);
        work.run(report);
      }
    };
  }

  @Test
  void aRowThatEndsHasNoFailure() throws IOException {
    RowReport report = new RowRun(row(done -> done.note("done")), RUN, () -> {}).measure(60);

    assertThat(report.failures()).isEmpty();
    assertThat(report.notes()).containsExactly("done");
  }

  @Test
  void aRowThatFailsIsReportedWithItsFiguresAndItsReason() throws IOException {
    var ended = new AtomicReference<String>("running");
    Row row =
        row(
            report -> {
              throw new IllegalStateException("the server has ended");
            });

    RowReport report = new RowRun(row, RUN, () -> ended.set("ended")).measure(60);

    assertThat(report.failures()).singleElement().asString().contains("the server has ended");
    assertThat(report.value("figure", "linkspan")).hasValue(7);
    assertThat(ended).hasValue("ended");
  }

  @Test
  void aRowThatDoesNotEndIsEndedWithItsProcesses() throws IOException {
    Process child = new ProcessBuilder("cat").start();
    // The read ends with the process, as the interrupt does not end it.
    Row row = row(report -> report.note("read " + child.getInputStream().read()));

    RowReport report = new RowRun(row, RUN, child::destroyForcibly).measure(1);

    assertThat(child.onExit().join().isAlive()).isFalse();
    assertThat(report.failures()).singleElement().asString().contains("longer than 1 s");
    assertThat(report.value("figure", "linkspan")).hasValue(7);
  }
}
