package io.linkspan.bench.row;

import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.NativeFleet;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.Users;
import io.linkspan.bench.peer.Waiting;
import io.linkspan.testing.ClientLog;
import io.linkspan.testing.Scrape;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Sessions that begin, are resumed and expire again and again: the heap must not grow. */
public final class MemoryRow implements Row {

  private static final int SESSIONS = 1_000;
  private static final int CYCLES = 12;
  private static final int QUICK_CYCLES = 3;
  private static final int WARM_UP_CYCLES = 2;
  private static final int FIXED_SECONDS = 120;
  private static final int SECONDS_OF_A_CYCLE = 15;
  private static final int CONNECTS_PER_SECOND = 1_000;
  private static final int PATIENCE_SECONDS = 60;
  private static final int MAX_GROWTH = 4_096;
  private static final String GROUP = "memory";

  /** Long enough for a resume on a busy machine, short enough for many cycles. */
  private static final Map<String, String> SETTINGS =
      Map.of("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0", "LINKSPAN_SESSION_GRACE", "2s");

  private static final Figure GROWTH = Figure.memory("live heap grew by", "KiB", MAX_GROWTH);
  private static final Figure RESIDENT =
      Figure.memory("memory beside the heap grew by", "KiB", 16 * 1_024);
  private static final Figure LEFT = Figure.count("sessions left");
  private static final Figure RESUMED = Figure.loose("sessions not resumed");

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public List<String> peers() {
    return List.of();
  }

  @Override
  public List<Limit> limits(Size size) {
    return List.of(
        Limit.none(LEFT.name(), Servers.LINKSPAN),
        Limit.atMost(GROWTH.name(), Servers.LINKSPAN, MAX_GROWTH));
  }

  @Override
  public int maxSeconds(Run run) {
    return FIXED_SECONDS + SECONDS_OF_A_CYCLE * cycles(run);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    int sessions = run.size().clients(SESSIONS);
    int cycles = cycles(run);
    try (var server = Servers.gateway(SETTINGS)) {
      for (int i = 0; i < WARM_UP_CYCLES; i++) {
        cycle(server, run.seed() + i, sessions);
      }
      long heap = server.liveHeapBytes();
      long resident = server.residentBytes();
      int lost = 0;
      for (int i = 0; i < cycles; i++) {
        lost += cycle(server, run.seed() + WARM_UP_CYCLES + i, sessions);
      }
      report
          .add(GROWTH, Servers.LINKSPAN, (server.liveHeapBytes() - heap) / 1_024.0)
          .add(RESIDENT, Servers.LINKSPAN, (server.residentBytes() - resident) / 1_024.0)
          .add(LEFT, Servers.LINKSPAN, sessions(server))
          .add(RESUMED, Servers.LINKSPAN, lost);
    }
    report.note(cycles + " cycles of " + sessions + " sessions of the same users");
  }

  private static int cycles(Run run) {
    return run.cycles() > 0 ? run.cycles() : run.size().either(CYCLES, QUICK_CYCLES);
  }

  /** Returns how many sessions were lost when their clients reconnected. */
  private static int cycle(ServerProcess server, long seed, int sessions) throws IOException {
    int lost;
    List<Integer> ports = List.of(server.port("http"));
    try (var fleet = new NativeFleet(ports, seed, Users.of(sessions), CONNECTS_PER_SECOND, GROUP)) {
      Waiting.require(
          "the connect of all clients", PATIENCE_SECONDS, () -> fleet.connected() == sessions);
      fleet.clients().cutAll();
      Waiting.require(
          "the reconnect of all clients",
          PATIENCE_SECONDS,
          () ->
              fleet.connected() == sessions
                  && fleet.logs().stream().noneMatch(log -> log.absences().isEmpty()));
      lost = fleet.logs().stream().mapToInt(ClientLog::unrecovered).sum();
    }
    Waiting.require("the end of all sessions", PATIENCE_SECONDS, () -> sessions(server) == 0);
    return lost;
  }

  private static double sessions(ServerProcess server) throws IOException {
    return Scrape.metric(server.port("management"), "linkspan_sessions");
  }
}
