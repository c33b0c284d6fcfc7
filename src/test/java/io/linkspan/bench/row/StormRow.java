package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.Latencies;
import io.linkspan.bench.LoadGenerator;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.RealTime;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.StormProcess;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Badly written clients beside good ones: the helper that multiplies its timers, and clients that
 * reconnect without back-off. Each kind runs against a server of its own.
 */
public final class StormRow implements Row {

  private static final int GOOD = 200;
  private static final int BAD = 2_000;
  private static final int GOOD_PER_SECOND = 1_000;
  private static final int MAX_LATENCIES = 100_000;
  private static final int WARM_UP_MESSAGES = 20_000;
  private static final int QUICK_WARM_UP_MESSAGES = 5_000;

  private static final int QUIET_MS = 8_000;
  private static final int QUICK_QUIET_MS = 2_000;
  private static final int SECONDS = 8;
  private static final int QUICK_SECONDS = 5;
  private static final List<String> KINDS = List.of("helper", "no-back-off");
  private static final String SOCKET_IO_PATH = "/socket.io/?EIO=4&transport=websocket";

  private static final Map<String, String> BANS =
      Map.of("LINKSPAN_BANS_MODE", "on", "LINKSPAN_BANS_EXEMPT", "127.0.0.0/24");

  /** One server and the clients that it has. */
  private record Target(String name, Dialect dialect, String path) {}

  private static final List<Target> TARGETS =
      List.of(
          new Target(Servers.LINKSPAN, Dialect.LINKSPAN, "/ws"),
          new Target(Servers.SOCKET_IO, Dialect.SOCKET_IO, SOCKET_IO_PATH),
          new Target(Servers.NETTY_SOCKET_IO, Dialect.SOCKET_IO, SOCKET_IO_PATH));

  @Override
  public String name() {
    return "storm";
  }

  @Override
  public List<String> peers() {
    return List.of(Servers.SOCKET_IO, Servers.NETTY_SOCKET_IO);
  }

  /** A quick run leaves out the second kind. */
  private static List<String> kinds(Size size) {
    return size.quick() ? KINDS.subList(0, 1) : KINDS;
  }

  private static Figure goodLost(String kind) {
    return Figure.count(kind + ": good clients disconnected");
  }

  private static Figure quiet(String kind) {
    return Figure.wall(kind + ": p99 quiet", "ms", 10);
  }

  private static Figure storm(String kind) {
    return Figure.wall(kind + ": p99 in the storm", "ms", 50);
  }

  private static Figure late(String kind) {
    return Figure.wall(kind + ": p99 that the measuring client sends late", "ms", 50);
  }

  private static Figure memory(String kind) {
    return Figure.memory(kind + ": memory beside the heap grew by", "MiB", 64);
  }

  private static Figure attempts(String kind) {
    return Figure.rate(kind + ": connects");
  }

  private static Figure refused(String kind) {
    return Figure.rate(kind + ": refused");
  }

  private static Figure cpu(String kind) {
    return Figure.cpu(kind + ": CPU of one processor", "%");
  }

  @Override
  public List<Limit> limits(Size size) {
    List<Limit> limits = new ArrayList<>();
    for (String kind : kinds(size)) {
      limits.add(Limit.none(goodLost(kind).name(), Servers.LINKSPAN));
      limits.add(Limit.atMost(memory(kind).name(), Servers.LINKSPAN, 512));
      limits.add(Limit.aimTimesOwn(storm(kind).name(), Servers.LINKSPAN, 5, quiet(kind).name()));
    }
    return limits;
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(420, 150);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    for (String kind : kinds(run.size())) {
      for (Target target : TARGETS) {
        Parts.run(
            target.name(),
            report,
            () -> {
              try (var server = start(target)) {
                measure(server, target, kind, run.size(), report);
              }
            });
      }
    }
    report.note(
        ("%d clients of the kind, scheduled as idle, beside %d good ones, scheduled first, bans on,"
                + " round trips of an open loop of %d/s, after a storm that is twice as long")
            .formatted(run.size().clients(BAD), run.size().clients(GOOD), GOOD_PER_SECOND));
  }

  private static ServerProcess start(Target target) throws IOException, InterruptedException {
    return switch (target.name()) {
      case Servers.SOCKET_IO -> Servers.socketIo(0);
      case Servers.NETTY_SOCKET_IO -> Servers.nettySocketIo();
      default -> Servers.gateway(BANS);
    };
  }

  private static void measure(
      ServerProcess server, Target target, String kind, Size size, RowReport report)
      throws IOException, InterruptedException {
    var quiet = new Latencies(MAX_LATENCIES);
    var stormy = new Latencies(MAX_LATENCIES);
    var late = new Latencies(MAX_LATENCIES);
    int seconds = size.either(SECONDS, QUICK_SECONDS);
    String url = "ws://127.0.0.1:" + server.port("http") + target.path();
    int lost = 0;
    long memoryBefore = server.residentBytes();
    // A server that has run for a while has compiled what a storm needs.
    try (var storm = new StormProcess(url, kind, size.clients(BAD), 2 * seconds)) {
      storm.await();
    }
    try (var good = clients(server, target, "good", size.clients(GOOD))) {
      good.closedLoop(0, size.either(WARM_UP_MESSAGES, QUICK_WARM_UP_MESSAGES), null);
      good.endClosedLoop();
      try (var priority = RealTime.begin()) {
        good.openLoop(GOOD_PER_SECOND, size.either(QUIET_MS, QUICK_QUIET_MS), quiet);
        long cpuBefore = server.cpuTime().total();
        try (var storm = new StormProcess(url, kind, size.clients(BAD), seconds)) {
          storm.awaitFirstSecond();
          try {
            good.openLoop(GOOD_PER_SECOND, (seconds - 1) * 1_000L, stormy, late);
          } catch (IOException | IllegalStateException disconnected) {
            lost++;
            report.note(target.name() + ", " + kind + ": " + disconnected.getMessage());
          }
          JsonObject counts = storm.await();
          long cpu = server.cpuTime().total() - cpuBefore;
          add(counts, kind, target.name(), seconds, report);
          report.add(cpu(kind), target.name(), cpu / 10_000.0 / seconds);
        }
        if (!priority.granted()) {
          report.note(target.name() + ", " + kind + ": the good clients had no priority");
        }
      }
      report
          .add(
              memory(kind),
              target.name(),
              Math.max(0, server.residentBytes() - memoryBefore) / (1024.0 * 1024))
          .add(goodLost(kind), target.name(), lost)
          .add(quiet(kind), target.name(), quiet.micros(0.99) / 1_000)
          .add(storm(kind), target.name(), stormy.micros(0.99) / 1_000)
          .add(late(kind), target.name(), late.micros(0.99) / 1_000);
    }
  }

  private static LoadGenerator clients(ServerProcess server, Target target, String name, int count)
      throws IOException {
    return new LoadGenerator(server, LoadGenerator.Wire.WEBSOCKET, target.dialect(), name, count);
  }

  private static void add(
      JsonObject counts, String kind, String server, int seconds, RowReport report) {
    int refused =
        counts.getJsonObject("refused").stream()
            .mapToInt(entry -> ((Number) entry.getValue()).intValue())
            .sum();
    report
        .add(attempts(kind), server, counts.getDouble("connectsPerSecond"))
        .add(refused(kind), server, (double) refused / seconds);
  }
}
