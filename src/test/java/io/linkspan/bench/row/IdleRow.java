package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.LoadGenerator;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Memory and processor time of connections that do nothing. */
public final class IdleRow implements Row {

  private static final int CONNECTIONS = 10_000;
  private static final int WARM_UP_CONNECTIONS = 500;
  private static final int WARM_UPS = 3;
  private static final int SETTLE_MS = 2_000;
  private static final int WINDOW_MS = 5_000;
  private static final int QUICK_WINDOW_MS = 3_000;
  private static final String RESUMABLE = "linkspan (resumable)";

  /** The sessions of the warm-up end before the first reading. */
  private static final Map<String, String> GRACE = Map.of("LINKSPAN_SESSION_GRACE", "1s");

  private static final Figure HEAP = Figure.memory("heap per connection", "bytes", 500);
  private static final Figure RESIDENT =
      Figure.memory("memory beside the heap per connection", "bytes", 2_000);
  private static final Figure CPU = Figure.cpu("CPU per second and connection", "µs");

  private static final List<Target> TARGETS =
      Stream.of(
              Target.GATEWAY,
              List.of(
                  new Target(RESUMABLE, Dialect.LINKSPAN_RESUMABLE, () -> Servers.gateway(GRACE))),
              Target.PEERS)
          .flatMap(List::stream)
          .toList();

  @Override
  public String name() {
    return "idle";
  }

  @Override
  public List<String> peers() {
    return Target.peers();
  }

  @Override
  public List<Limit> limits(Size size) {
    return List.of(
        Limit.atMostTimes(HEAP.name(), Servers.LINKSPAN, 1, Servers.RAW_VERTX),
        Limit.atMostTimes(HEAP.name(), RESUMABLE, 1, Servers.RAW_VERTX),
        Limit.atMostTimes(HEAP.name(), Servers.LINKSPAN_SOCKET_IO, 1.5, Servers.NETTY_SOCKET_IO));
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(360, 180);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    int connections = run.size().clients(CONNECTIONS);
    for (Target target : TARGETS) {
      Parts.run(
          target.name(),
          report,
          () -> {
            try (ServerProcess server = target.starter().start()) {
              measure(server, target, connections, run.size(), report);
            }
          });
    }
    report.note(connections + " connections; a process of Node has its heap in its memory");
  }

  private static void measure(
      ServerProcess server, Target target, int connections, Size size, RowReport report)
      throws IOException, InterruptedException {
    for (int i = 0; i < WARM_UPS; i++) {
      connect(server, target, "warm-up-" + i, WARM_UP_CONNECTIONS).close();
    }
    Waiting.pause(SETTLE_MS);
    long heapBefore = server.liveHeapBytes();
    long residentBefore = server.residentBytes();
    try (var clients = connect(server, target, "idle", connections)) {
      Waiting.pause(SETTLE_MS);
      long heap = server.liveHeapBytes() - heapBefore;
      long resident = server.residentBytes() - residentBefore;
      int millis = size.either(WINDOW_MS, QUICK_WINDOW_MS);
      long before = server.cpuTime().total();
      clients.idle(millis);
      long used = server.cpuTime().total() - before;
      report
          .add(HEAP, target.name(), (double) heap / connections)
          .add(RESIDENT, target.name(), (double) resident / connections)
          .add(CPU, target.name(), used * 1_000.0 / millis / connections);
    }
  }

  private static LoadGenerator connect(
      ServerProcess server, Target target, String name, int connections) throws IOException {
    return new LoadGenerator(
        server, LoadGenerator.Wire.WEBSOCKET, target.dialect(), name, connections);
  }
}
