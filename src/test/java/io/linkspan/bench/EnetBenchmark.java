package io.linkspan.bench;

import io.linkspan.testing.CProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Measures the cost of a Message through ENet, the event bus and back, and of an idle peer,
 * compared with an echo of the C library in the same run. See docs/benchmarks.md.
 *
 * <p>Usage: {@code EnetBenchmark [ROUNDS] [MODE…]}, with the modes in lower case.
 */
public final class EnetBenchmark {

  private enum Mode {
    CLOSED_1("closed loop, 1 peer", 1, 64, 1, 0),
    CLOSED_100("closed loop, 100 peers", 100, 64, 1, 0),
    CLOSED_1000("closed loop, 1,000 peers", 1_000, 64, 1, 0),
    MEDIUM_1("1,200 bytes, 1 peer", 1, 1_200, 1, 0),
    MEDIUM_100("1,200 bytes, 100 peers", 100, 1_200, 1, 0),
    MEDIUM_1000("1,200 bytes, 1,000 peers", 1_000, 1_200, 1, 0),
    LARGE_1("20,000 bytes, 1 peer", 1, 20_000, 1, 0),
    LARGE_100("20,000 bytes, 100 peers", 100, 20_000, 1, 0),
    LARGE_1000("20,000 bytes, 1,000 peers", 1_000, 20_000, 1, 0),
    SHARED_1("32 commands in a datagram, 1 peer", 1, 1, 32, 0),
    SHARED_100("32 commands in a datagram, 100 peers", 100, 1, 32, 0),
    OPEN_1("open loop, 1,000/s on 1 peer", 1, 64, 0, 1_000),
    OPEN_100("open loop, 5,000/s on 100 peers", 100, 64, 0, 5_000),
    OPEN_1000("open loop, 5,000/s on 1,000 peers", 1_000, 64, 0, 5_000),
    IDLE("idle, 4,000 peers", 4_000, 1, 0, 0);

    private final String label;
    private final int peers;
    private final int size;
    private final int inFlight;
    private final int rate;

    Mode(String label, int peers, int size, int inFlight, int rate) {
      this.label = label;
      this.peers = peers;
      this.size = size;
      this.inFlight = inFlight;
      this.rate = rate;
    }

    EnetLoad.Plan plan(long warmUpMs, long warmUpMessages) {
      return new EnetLoad.Plan(peers, size, inFlight, rate, warmUpMs, warmUpMessages);
    }
  }

  /** One measurement of idle peers, per peer: bytes, and microseconds of CPU per second. */
  private record Idle(double heap, double resident, double cpu) {}

  private static final String C = "C library";
  private static final String LINKSPAN = "linkspan";
  private static final int EVENT_LOOPS = Runtime.getRuntime().availableProcessors();
  private static final int DEFAULT_ROUNDS = 3;

  /** Compiled code is a matter of calls, not of time. */
  private static final EnetLoad.Plan FIRST_WARM_UP =
      new EnetLoad.Plan(100, 64, 8, 0, 2_000, 300_000);

  private static final long WARM_UP_MS = 1_500;
  private static final long WINDOW_MS = 4_000;
  private static final long IDLE_WARM_UP_MS = 3_000;
  private static final long IDLE_WINDOW_MS = 8_000;

  private final Path program;
  private final Rounds<EnetLoad.Measured> loads = new Rounds<>();
  private final Rounds<Idle> idles = new Rounds<>();

  private EnetBenchmark(Path program) {
    this.program = program;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options<Mode> options = Options.parse(arguments, DEFAULT_ROUNDS, Mode.values());
    var benchmark = new EnetBenchmark(CProgram.compile("src/test/c/enet_load.c"));
    for (int round = 1; round <= options.rounds(); round++) {
      System.err.println("round " + round + " of " + options.rounds());
      benchmark.run(options.modes());
    }
    benchmark.print(options.rounds());
  }

  private void run(List<Mode> modes) throws IOException, InterruptedException {
    List<Mode> loaded = modes.stream().filter(mode -> mode != Mode.IDLE).toList();
    for (Mode mode : loaded) {
      // The library needs the number of peers in advance and iterates over all of them.
      try (var server = cServer(mode.peers)) {
        loads.add(mode.label, C, underLoad(server, false, mode));
      }
    }
    if (!loaded.isEmpty()) {
      try (var server = ServerProcess.gateway(EVENT_LOOPS)) {
        try (var warmUp = new EnetLoad(program, server, true, FIRST_WARM_UP, 1)) {
          warmUp.measure();
        }
        for (Mode mode : loaded) {
          loads.add(mode.label, LINKSPAN, underLoad(server, true, mode));
        }
      }
    }
    if (modes.contains(Mode.IDLE)) {
      idles.add(Mode.IDLE.label, C, idleInC());
      idles.add(Mode.IDLE.label, LINKSPAN, idle());
    }
  }

  private ServerProcess cServer(int peers) throws IOException {
    return ServerProcess.start(
        new ProcessBuilder(program.toString(), "server", Integer.toString(peers)));
  }

  private EnetLoad.Measured underLoad(ServerProcess server, boolean isGateway, Mode mode)
      throws IOException {
    System.err.println("  " + mode.label);
    try (var load = new EnetLoad(program, server, isGateway, mode.plan(WARM_UP_MS, 0), WINDOW_MS)) {
      return load.measure();
    }
  }

  private Idle idleInC() throws IOException {
    long residentBefore;
    try (var server = cServer(1)) {
      residentBefore = server.residentBytes();
    }
    try (var server = cServer(Mode.IDLE.peers);
        var peers = idle(server, false, Mode.IDLE.plan(IDLE_WARM_UP_MS, 0))) {
      long resident = server.residentBytes() - residentBefore;
      return perPeer(0, resident, peers.rest().total());
    }
  }

  private Idle idle() throws IOException, InterruptedException {
    try (var server = ServerProcess.gateway(EVENT_LOOPS)) {
      try (var warmUp = new EnetLoad(program, server, true, FIRST_WARM_UP, 1)) {
        warmUp.measure();
      }
      long heapBefore = server.liveHeapBytes();
      long residentBefore = server.residentBytes();
      try (var peers = idle(server, true, Mode.IDLE.plan(IDLE_WARM_UP_MS, 0))) {
        // While they warm up.
        long heap = server.liveHeapBytes() - heapBefore;
        long resident = server.residentBytes() - residentBefore;
        return perPeer(heap, resident, peers.rest().total());
      }
    }
  }

  private EnetLoad idle(ServerProcess server, boolean isGateway, EnetLoad.Plan plan)
      throws IOException {
    return new EnetLoad(program, server, isGateway, plan, IDLE_WINDOW_MS);
  }

  private static Idle perPeer(long heap, long resident, long cpu) {
    double peers = Mode.IDLE.peers;
    return new Idle(heap / peers, resident / peers, cpu / peers * 1_000 / IDLE_WINDOW_MS);
  }

  private void print(int rounds) {
    System.out.printf(
        "%nmedians of %d rounds; ratio: median of the ratios of each round%n%n", rounds);
    System.out.printf(
        "%-38s %-10s %10s %8s %8s %6s %8s %8s %8s %9s %10s %7s%n",
        "under load",
        "server",
        "CPU us/msg",
        "of user",
        "compiler",
        "ratio",
        "msg/s",
        "p50 us",
        "p99 us",
        "repeated",
        "datagrams",
        "others");
    loads.forEach(
        (row, server, cell) ->
            System.out.printf(
                "%-38s %-10s %10.2f %8.2f %8.2f %6.2f %8.0f %8.0f %8.0f %8.2f%% %10.2f %6.0f%%%n",
                row,
                server,
                cell.median(m -> m.load().cpu()),
                cell.median(m -> m.load().user()),
                cell.median(m -> m.load().compiler()),
                cell.ratio(C, m -> m.load().cpu()),
                cell.median(m -> m.load().perSecond()),
                cell.median(m -> m.load().p50()),
                cell.median(m -> m.load().p99()),
                100 * cell.median(EnetLoad.Measured::repeated),
                cell.median(EnetLoad.Measured::datagrams),
                cell.median(m -> m.load().others())));
    System.out.printf(
        "%n%-38s %-10s %12s %12s %16s%n",
        "idle", "server", "heap B/peer", "RSS B/peer", "CPU us/s/peer");
    idles.forEach(
        (row, server, cell) ->
            System.out.printf(
                "%-38s %-10s %12.0f %12.0f %16.2f%n",
                row,
                server,
                cell.median(Idle::heap),
                cell.median(Idle::resident),
                cell.median(Idle::cpu)));
  }
}
