package io.linkspan.bench;

import io.linkspan.bench.board.Manifest;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.row.Row;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs one row on a thread of its own, for as long as it may take. A row that fails or takes longer
 * is reported as failed, with the figures that it has, and does not end those after it.
 */
final class RowRun {

  private static final long PAUSE_MS = 100;
  private static final int PAUSES = 300;

  private final Row row;
  private final Row.Run run;
  private final Runnable endProcesses;

  /**
   * Creates a run that has not begun.
   *
   * @param endProcesses ends the processes that a row has started and did not end
   */
  RowRun(Row row, Row.Run run, Runnable endProcesses) {
    this.row = row;
    this.run = run;
    this.endProcesses = endProcesses;
  }

  /**
   * Runs the row.
   *
   * @param patience by which the time of the row is multiplied
   */
  RowReport measure(int patience) throws IOException {
    var report = new RowReport(row.name(), row.limits(run.size()));
    double load = Manifest.loadAverage();
    long start = System.nanoTime();
    RowReport measured = measure(report, patience * row.maxSeconds(run));
    measured.took(load, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) / 1_000.0);
    return measured;
  }

  private RowReport measure(RowReport report, int seconds) throws IOException {
    var measuring =
        new FutureTask<Void>(
            () -> {
              row.measure(run, report);
              return null;
            });
    var thread = new Thread(measuring, row.name());
    thread.setDaemon(true);
    thread.start();
    try {
      measuring.get(seconds, TimeUnit.SECONDS);
      return report;
    } catch (ExecutionException e) {
      e.getCause().printStackTrace();
      endProcesses.run();
      report.failed(e.getCause().toString());
      return report;
    } catch (TimeoutException e) {
      RowReport failed = end(thread) ? report : new RowReport(row.name(), row.limits(run.size()));
      failed.failed("it takes longer than " + seconds + " s");
      return failed;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /**
   * Ends a row. A read of a process that has ended fails, and with it the row, which may start
   * others before.
   *
   * @return whether its thread has ended, so that nothing changes the report
   */
  private boolean end(Thread thread) throws IOException {
    try {
      for (int i = 0; i < PAUSES && thread.isAlive(); i++) {
        thread.interrupt();
        endProcesses.run();
        thread.join(PAUSE_MS);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    endProcesses.run();
    return !thread.isAlive();
  }
}
