package io.linkspan.bench.row;

import io.linkspan.bench.CpuTime;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.DeliveryCount;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Fleet;
import io.linkspan.bench.peer.FleetProcess;
import io.linkspan.bench.peer.NativeFleet;
import io.linkspan.bench.peer.Publisher;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.Users;
import io.linkspan.bench.peer.Waiting;
import io.linkspan.testing.ClientLog;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Clients whose links break every 15 s for 2 s, while they are sent broadcasts and direct messages.
 */
public final class JitterRow implements Row {

  private static final int CLIENTS = 2_000;
  private static final int BROADCASTS = 120;
  private static final int DIRECT = 10;
  private static final int CONNECTS_PER_SECOND = 500;
  private static final int CONNECT_SECONDS = 120;
  private static final int SECONDS = 45;
  private static final int QUICK_SECONDS = 10;
  private static final int PERIOD_MS = 15_000;
  private static final int QUICK_PERIOD_MS = 5_000;
  private static final int AWAY_MS = 2_000;
  private static final int QUICK_AWAY_MS = 1_000;
  private static final int SETTLE_SECONDS = 15;
  private static final int QUICK_SETTLE_SECONDS = 5;
  private static final String GROUP = "jitter";

  private static final Figure DELIVERED = Figure.share("delivered");
  private static final Figure DOUBLED = Figure.count("doubled");
  private static final Figure REFUSED = Figure.count("refused by the server");
  private static final Figure UNRECOVERED = Figure.count("sessions lost");
  private static final Figure NEVER_BACK = Figure.count("never back");
  private static final Figure REDELIVERED = Figure.loose("repeated on the wire");
  private static final Figure REPLAY_P50 = Figure.wall("replay p50", "ms", 50);
  private static final Figure REPLAY_P99 = Figure.wall("replay p99", "ms", 200);
  private static final Figure RECONNECT_P50 = Figure.wall("reconnect p50", "ms", 50);
  private static final Figure RECONNECT_P99 = Figure.wall("reconnect p99", "ms", 200);
  private static final Figure CPU = Figure.cpu("CPU per delivery", "µs");

  @Override
  public String name() {
    return "jitter";
  }

  @Override
  public List<String> peers() {
    return List.of(Servers.SOCKET_IO);
  }

  @Override
  public List<Limit> limits(Size size) {
    return List.of(
        Limit.atLeast(DELIVERED.name(), Servers.LINKSPAN, 100),
        Limit.atLeast(DELIVERED.name(), Servers.LINKSPAN_SOCKET_IO, 100),
        Limit.none(DOUBLED.name(), Servers.LINKSPAN),
        Limit.none(DOUBLED.name(), Servers.LINKSPAN_SOCKET_IO),
        Limit.none(NEVER_BACK.name(), Servers.LINKSPAN),
        Limit.none(NEVER_BACK.name(), Servers.LINKSPAN_SOCKET_IO),
        Limit.none(UNRECOVERED.name(), Servers.LINKSPAN),
        Limit.none(UNRECOVERED.name(), Servers.LINKSPAN_SOCKET_IO),
        Limit.aimTimes(REPLAY_P99.name(), Servers.LINKSPAN, 1, Servers.SOCKET_IO),
        Limit.aimTimes(REPLAY_P99.name(), Servers.LINKSPAN_SOCKET_IO, 1, Servers.SOCKET_IO));
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(540, 150);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    int clients = run.size().clients(CLIENTS);
    Map<String, String> settings = Map.of("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    Parts.run(
        Servers.LINKSPAN,
        report,
        () -> {
          try (var server = Servers.gateway(settings);
              var fleet =
                  new NativeFleet(
                      List.of(server.port("http")),
                      run.seed(),
                      Users.of(clients),
                      CONNECTS_PER_SECOND,
                      GROUP)) {
            measure(server, fleet, Servers.LINKSPAN, clients, run, report);
          }
        });
    socketIo(Servers.LINKSPAN_SOCKET_IO, () -> Servers.gateway(settings), clients, run, report);
    socketIo(Servers.SOCKET_IO, () -> Servers.socketIo(0), clients, run, report);
    report.note(clients + " clients, replay and reconnect from the attempt to reconnect");
  }

  private static void socketIo(
      String name, Target.Starter starter, int clients, Run run, RowReport report)
      throws InterruptedException {
    Parts.run(
        name,
        report,
        () -> {
          try (var server = starter.start();
              var fleet =
                  FleetProcess.socketIo(
                      server.port("http"), Users.of(clients), CONNECTS_PER_SECOND, GROUP)) {
            measure(server, fleet, name, clients, run, report);
          }
        });
  }

  private static void measure(
      ServerProcess server, Fleet fleet, String name, int clients, Run run, RowReport report)
      throws IOException, InterruptedException {
    Waiting.require(
        "the connect of all clients", CONNECT_SECONDS, () -> fleet.connected() == clients);
    Size size = run.size();
    int period = size.either(PERIOD_MS, QUICK_PERIOD_MS);
    int settle = size.either(SETTLE_SECONDS, QUICK_SETTLE_SECONDS);
    int port = server.port("management");
    fleet.startCutting(period, size.either(AWAY_MS, QUICK_AWAY_MS));
    int millis = 1_000 * size.either(SECONDS, QUICK_SECONDS);
    // In its first minute a JVM spends a third of its time on compilation.
    int warmUp = size.either(millis, millis / 2);
    new Publisher(port, "warmup").publish(GROUP, BROADCASTS, clients, DIRECT, warmUp, run.seed());
    var publisher = new Publisher(port, "measured");
    CpuTime before = server.cpuTime();
    publisher.publish(GROUP, BROADCASTS, clients, DIRECT, millis, run.seed());
    fleet.stopCutting();
    Waiting.until(settle, () -> fleet.connected() == clients);
    CpuTime used = server.cpuTime().minus(before);
    // A client that is connected again may have messages on their way.
    var counts = new DeliveryCount[1];
    Waiting.until(
        settle,
        () -> {
          counts[0] = DeliveryCount.of(publisher.sent(), fleet.logs());
          return counts[0].delivered() == counts[0].expected();
        });
    report(fleet.logs(), counts[0], publisher, name, report);
    report.add(CPU, name, (double) used.total() / counts[0].delivered());
  }

  private static void report(
      List<ClientLog> logs,
      DeliveryCount count,
      Publisher publisher,
      String name,
      RowReport report) {
    double[] reconnects =
        logs.stream()
            .flatMap(log -> log.absences().stream())
            .mapToDouble(absence -> absence.until() - absence.attempt())
            .sorted()
            .toArray();
    report
        .add(DELIVERED, name, count.percent())
        .add(DOUBLED, name, count.doubled())
        .add(REFUSED, name, publisher.refused())
        .add(UNRECOVERED, name, logs.stream().mapToInt(ClientLog::unrecovered).sum())
        .add(NEVER_BACK, name, logs.stream().mapToInt(log -> log.connected() ? 0 : 1).sum())
        .add(REDELIVERED, name, logs.stream().mapToInt(ClientLog::redelivered).sum())
        .add(REPLAY_P50, name, count.replay(0.5))
        .add(REPLAY_P99, name, count.replay(0.99))
        .add(RECONNECT_P50, name, DeliveryCount.percentile(reconnects, 0.5))
        .add(RECONNECT_P99, name, DeliveryCount.percentile(reconnects, 0.99));
  }
}
