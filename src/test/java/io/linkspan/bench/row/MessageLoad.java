package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.Latencies;
import io.linkspan.bench.LoadGenerator;
import io.linkspan.bench.LoadGenerator.Wire;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.Window;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import java.io.IOException;
import java.util.List;

/**
 * One load of the row of messages, and its figures.
 *
 * @param rate messages per second of an open loop; 0: a closed loop
 * @param quick whether a quick run has this load
 */
record MessageLoad(String name, Wire wire, int connections, int rate, boolean quick) {

  private static final int MAX_LATENCIES = 2_000_000;
  private static final int OPEN_WARM_UP_MS = 2_000;
  private static final int WINDOW_MS = 3_000;
  private static final int QUICK_WINDOW_MS = 2_000;

  /** Returns how long a load is measured. */
  static int windowMillis(Size size) {
    return size.either(WINDOW_MS, QUICK_WINDOW_MS);
  }

  /** Returns the figure that is compared with peers. */
  Figure cpu() {
    return Figure.cpu(name + ": CPU", "µs/message");
  }

  /**
   * Loads servers and measures them.
   *
   * @param entries those to which clients connect in turn
   * @param counted those whose processor time counts
   * @param server the name in the report
   * @param warmUp messages before the measurement
   */
  void measure(
      List<ServerProcess> entries,
      List<ServerProcess> counted,
      String server,
      Dialect dialect,
      int warmUp,
      Size size,
      RowReport report)
      throws IOException, InterruptedException {
    // Users of their own: the gateway drops an eventId that a user has sent under an earlier load.
    String users = name.replaceAll("[^A-Za-z0-9]+", "-");
    try (var clients = new LoadGenerator(entries, wire, dialect, users, connections)) {
      measure(clients, counted, server, warmUp, size, report);
    }
  }

  /**
   * Loads servers by clients that are connected, and measures them.
   *
   * @return how many messages were answered, those of the warm-up too
   */
  long measure(
      LoadGenerator clients,
      List<ServerProcess> counted,
      String server,
      int warmUp,
      Size size,
      RowReport report)
      throws IOException, InterruptedException {
    long answered = clients.closedLoop(0, warmUp, null);
    if (rate > 0) {
      clients.endClosedLoop();
      clients.openLoop(rate, OPEN_WARM_UP_MS, null);
    }
    int millis = windowMillis(size);
    var latencies = new Latencies(MAX_LATENCIES);
    var window = new Window(counted, ProcessHandle.current());
    long messages =
        rate > 0
            ? clients.openLoop(rate, millis, latencies)
            : clients.closedLoop(millis, 0, latencies);
    Window.Load load = window.end(messages, latencies.micros(0.5), latencies.micros(0.99));
    report(server, load, report);
    report.add(Figure.wall(name + ": p99.9", "ms", 20), server, latencies.micros(0.999) / 1_000);
    return answered + messages;
  }

  /** Reports the figures that all generators of load have. */
  void report(String server, Window.Load measured, RowReport report) {
    report
        .add(cpu(), server, measured.cpu())
        .add(Figure.rate(name + ": messages"), server, measured.perSecond())
        .add(Figure.wall(name + ": p50", "ms", 5), server, measured.p50() / 1_000)
        .add(Figure.wall(name + ": p99", "ms", 10), server, measured.p99() / 1_000);
  }
}
