package io.linkspan.bench.row;

import io.linkspan.bench.EnetLoad;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Servers;
import io.linkspan.testing.CProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Messages of clients with the C library of ENet. */
final class EnetMessages {

  /** The echo server with the C library. */
  static final String C_LIBRARY = "C library";

  private static final int PEERS = 100;

  /** The load that has a limit. */
  static final MessageLoad CLOSED = new MessageLoad("ENet, closed 100", null, PEERS, 0, true);

  private static final int FIRST_WARM_UP = 500_000;
  private static final int WARM_UP_MS = 4_000;

  /** A load, the bytes of its bodies, and the messages in flight of each peer. */
  private record Plan(MessageLoad load, int body, int inFlight) {}

  private static final List<Plan> PLANS =
      List.of(
          new Plan(CLOSED, 64, 1),
          new Plan(load("ENet, 32 commands in a datagram", 0), 1, 32),
          new Plan(load("ENet, open 5,000/s", 5_000), 64, 0),
          new Plan(load("ENet, 20,000 bytes", 0), 20_000, 1));

  private EnetMessages() {}

  private static MessageLoad load(String name, int rate) {
    return new MessageLoad(name, null, PEERS, rate, false);
  }

  /** Measures the gateway and the C library, or notes that the library is missing. */
  static void measure(Size size, RowReport report) throws IOException, InterruptedException {
    if (!CProgram.available()) {
      report.note("ENet was skipped: gcc or libenet is missing");
      return;
    }
    Path program = CProgram.compile("src/test/c/enet_load.c");
    List<Plan> plans = size.quick() ? PLANS.subList(0, 1) : PLANS;
    try (var gateway = Servers.gateway()) {
      int warmUp = size.clients(FIRST_WARM_UP);
      for (Plan plan : plans) {
        measure(plan, Servers.LINKSPAN, program, gateway, warmUp, size, report);
        warmUp = 0;
      }
    }
    for (Plan plan : plans) {
      try (var server =
          ServerProcess.start(
              new ProcessBuilder(program.toString(), "server", Integer.toString(PEERS)))) {
        measure(plan, C_LIBRARY, program, server, 0, size, report);
      }
    }
  }

  private static void measure(
      Plan plan,
      String name,
      Path program,
      ServerProcess server,
      int warmUp,
      Size size,
      RowReport report)
      throws IOException {
    var load =
        new EnetLoad.Plan(
            PEERS, plan.body(), plan.inFlight(), plan.load().rate(), WARM_UP_MS, warmUp);
    boolean isGateway = name.equals(Servers.LINKSPAN);
    int millis = MessageLoad.windowMillis(size);
    try (var clients = new EnetLoad(program, server, isGateway, load, millis)) {
      plan.load().report(name, clients.measure().load(), report);
    }
  }
}
