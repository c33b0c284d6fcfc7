package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.HostileBenchmark;
import io.linkspan.bench.Latencies;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Servers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The attacks of docs/security.md, with good clients beside them that must be answered. */
public final class HostileRow implements Row {

  /** The heap of 256 MiB, direct memory, code and threads. */
  private static final int MAX_RESIDENT = 768;

  private static final List<String> ATTACKS =
      List.of(
          "quiet",
          "pings",
          "pings-below-engine-io",
          "unread-answers",
          "compressed-frames",
          "pipelined-requests",
          "handshakes",
          "silent-sockets",
          "early-draft-upgrades");

  private static final int QUICK_ATTACKS = 3;
  private static final int SECONDS = 4;

  /** Attacks that the peers can be attacked with too. */
  private static final List<String> ON_RAW_NETTY =
      List.of("pings", "pipelined-requests", "silent-sockets");

  private static final List<String> ON_SOCKET_IO =
      List.of("pings-below-engine-io", "pipelined-requests", "silent-sockets");

  @Override
  public String name() {
    return "hostile";
  }

  @Override
  public List<String> peers() {
    return List.of(Servers.RAW_NETTY, Servers.SOCKET_IO);
  }

  private static List<String> attacks(Size size) {
    return ATTACKS.subList(0, size.either(ATTACKS.size(), QUICK_ATTACKS));
  }

  private static Figure p50(String attack) {
    return Figure.wall(attack + ": p50 of good clients", "ms", 10);
  }

  private static Figure p99(String attack) {
    return Figure.wall(attack + ": p99 of good clients", "ms", 50);
  }

  private static Figure resident(String attack) {
    return Figure.memory(attack + ": resident", "MiB", 128);
  }

  @Override
  public List<Limit> limits(Size size) {
    List<Limit> limits = new ArrayList<>();
    for (String attack : attacks(size)) {
      limits.add(Limit.atMost(resident(attack).name(), Servers.LINKSPAN, MAX_RESIDENT));
    }
    return limits;
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(360, 120);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    for (String attack : attacks(run.size())) {
      Parts.run(attack, report, () -> gateway(attack, report));
    }
    if (!run.size().quick()) {
      peer(Servers.RAW_NETTY, Dialect.RAW, Servers::rawNetty, ON_RAW_NETTY, report);
      peer(Servers.SOCKET_IO, Dialect.SOCKET_IO, () -> Servers.socketIo(0), ON_SOCKET_IO, report);
    }
    report.note(
        "a gateway with 256 MiB of heap and peers with more; a good client of the gateway without"
            + " an answer fails the row");
  }

  private static void gateway(String attack, RowReport report)
      throws IOException, InterruptedException {
    HostileBenchmark.Measured measured = HostileBenchmark.measure(attack, SECONDS);
    report
        .add(p50(attack), Servers.LINKSPAN, measured.p50())
        .add(p99(attack), Servers.LINKSPAN, measured.p99())
        .add(resident(attack), Servers.LINKSPAN, (double) measured.resident());
  }

  private static void peer(
      String name, Dialect dialect, Target.Starter starter, List<String> attacks, RowReport report)
      throws IOException, InterruptedException {
    for (String attack : attacks) {
      try (ServerProcess server = starter.start()) {
        Latencies measured = HostileBenchmark.measure(attack, SECONDS, server, dialect);
        report
            .add(p50(attack), name, measured.micros(0.5) / 1_000)
            .add(p99(attack), name, measured.micros(0.99) / 1_000);
      } catch (IOException | IllegalStateException disconnected) {
        report.note(name + ", " + attack + ": " + disconnected.getMessage());
      }
    }
  }
}
