package io.linkspan.bench.row;

import io.linkspan.bench.HostileBenchmark;
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
          "unread-answers",
          "compressed-frames",
          "pipelined-requests",
          "handshakes",
          "silent-sockets",
          "early-draft-upgrades");

  private static final int QUICK_ATTACKS = 3;

  @Override
  public String name() {
    return "hostile";
  }

  @Override
  public List<String> peers() {
    return List.of();
  }

  private static List<String> attacks(Size size) {
    return ATTACKS.subList(0, size.either(ATTACKS.size(), QUICK_ATTACKS));
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
      HostileBenchmark.Measured measured = HostileBenchmark.measure(attack);
      report
          .add(
              Figure.wall(attack + ": p50 of good clients", "ms", 10),
              Servers.LINKSPAN,
              measured.p50())
          .add(
              Figure.wall(attack + ": p99 of good clients", "ms", 50),
              Servers.LINKSPAN,
              measured.p99())
          .add(resident(attack), Servers.LINKSPAN, (double) measured.resident());
    }
    report.note("a gateway with 256 MiB of heap; a good client without an answer fails the row");
  }
}
