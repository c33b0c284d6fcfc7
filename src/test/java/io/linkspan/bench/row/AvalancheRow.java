package io.linkspan.bench.row;

import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.DeliveryCount;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.FleetProcess;
import io.linkspan.bench.peer.GatewayNodes;
import io.linkspan.bench.peer.NativeFleet;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.Users;
import io.linkspan.bench.peer.Waiting;
import io.linkspan.testing.ClientLog;
import io.linkspan.testing.ResumingFleet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A deployment: all three nodes of a cluster are replaced in turn while all clients are connected
 * and send. The peer, which has one node, is restarted once.
 */
public final class AvalancheRow implements Row {

  private static final int NODES = 3;
  private static final int CLIENTS = 5_000;
  private static final int CONNECTS_PER_SECOND = 400;
  private static final int MESSAGES_PER_SECOND = 200;
  private static final int CONNECT_SECONDS = 180;
  private static final int RETURN_SECONDS = 60;
  private static final int OUTCOME_SECONDS = 60;
  private static final String GROUP = "avalanche";

  /** Batches are the default ones, and the time is that of the Kubernetes manifests. */
  private static final Map<String, String> SETTINGS =
      Map.of("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0", "LINKSPAN_DRAIN_TIMEOUT", "60s");

  private static final Figure NEVER_BACK = Figure.count("never back");
  private static final Figure UNRECOVERED = Figure.count("sessions lost");
  private static final Figure LOST = Figure.count("acknowledged messages lost");
  private static final Figure OUT_OF_ORDER = Figure.count("out of order");
  private static final Figure ERRORS = Figure.loose("messages refused");
  private static final Figure FAILED = Figure.loose("failed connects");
  private static final Figure BACK_P50 = Figure.wall("without a link p50", "ms", 100);
  private static final Figure BACK_P95 = Figure.wall("without a link p95", "ms", 500);
  private static final Figure CPU = Figure.cpu("CPU per client", "ms");

  @Override
  public String name() {
    return "avalanche";
  }

  @Override
  public List<String> peers() {
    return List.of(Servers.SOCKET_IO);
  }

  @Override
  public List<Limit> limits(Size size) {
    return List.of(
        Limit.none(NEVER_BACK.name(), Servers.LINKSPAN),
        Limit.none(UNRECOVERED.name(), Servers.LINKSPAN),
        Limit.none(LOST.name(), Servers.LINKSPAN),
        Limit.none(OUT_OF_ORDER.name(), Servers.LINKSPAN),
        Limit.aim(BACK_P95.name(), Servers.LINKSPAN, 3_000));
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(420, 120);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    int clients = run.size().clients(CLIENTS);
    Parts.run(Servers.LINKSPAN, report, () -> gateway(run, clients, report));
    Parts.run(Servers.SOCKET_IO, report, () -> peer(clients, report));
    report.note(
        "%d clients; %d nodes of the gateway in turn, drained by default in batches of 200 every 200 ms; the one node of the peer once"
            .formatted(clients, NODES));
  }

  private static void gateway(Run run, int clients, RowReport report) throws IOException {
    try (var cluster = new GatewayNodes(NODES, run.seed(), SETTINGS)) {
      List<Integer> ports = new ArrayList<>();
      for (ServerProcess node : cluster.nodes()) {
        ports.add(node.port("http"));
      }
      Users users = Users.of(clients);
      try (var fleet = new NativeFleet(ports, run.seed(), users, CONNECTS_PER_SECOND, GROUP)) {
        Waiting.require(
            "the connect of all clients", CONNECT_SECONDS, () -> fleet.connected() == clients);
        ResumingFleet all = fleet.clients();
        all.startSending(MESSAGES_PER_SECOND);
        long before = cluster.cpuMicros();
        for (int place = 0; place < NODES; place++) {
          // A load balancer sends no client to a node that drains.
          all.removeNode(ports.get(place));
          all.addNode(cluster.restart(place).port("http"));
        }
        Waiting.until(RETURN_SECONDS, () -> all.connected() == clients);
        long used = cluster.cpuMicros() - before;
        all.stopSending();
        Waiting.until(OUTCOME_SECONDS, () -> all.open().isEmpty());
        ResumingFleet.Report counted = all.report();
        report(fleet.logs(), Servers.LINKSPAN, report);
        report
            .add(LOST, Servers.LINKSPAN, counted.lost())
            .add(OUT_OF_ORDER, Servers.LINKSPAN, counted.outOfOrder())
            .add(ERRORS, Servers.LINKSPAN, counted.refused())
            .add(CPU, Servers.LINKSPAN, used / 1_000.0 / clients);
      }
    }
  }

  private static void peer(int clients, RowReport report) throws IOException, InterruptedException {
    ServerProcess server = Servers.socketIo(0);
    try {
      int port = server.port("http");
      Users users = Users.of(clients);
      try (var fleet = FleetProcess.socketIo(port, users, CONNECTS_PER_SECOND, GROUP)) {
        Waiting.require(
            "the connect of all clients", CONNECT_SECONDS, () -> fleet.connected() == clients);
        ServerProcess old = server;
        old.terminate();
        Waiting.require("the end of the server", RETURN_SECONDS, () -> !old.isAlive());
        server = Servers.socketIo(port);
        Waiting.until(RETURN_SECONDS, () -> fleet.connected() == clients);
        report(fleet.logs(), Servers.SOCKET_IO, report);
        report.add(CPU, Servers.SOCKET_IO, server.cpuTime().total() / 1_000.0 / clients);
      }
    } finally {
      server.close();
    }
  }

  private static void report(List<ClientLog> logs, String name, RowReport report) {
    double[] gaps =
        logs.stream()
            .flatMap(log -> log.absences().stream())
            .mapToDouble(absence -> absence.until() - absence.from())
            .sorted()
            .toArray();
    report
        .add(NEVER_BACK, name, logs.stream().mapToInt(log -> log.connected() ? 0 : 1).sum())
        .add(UNRECOVERED, name, logs.stream().mapToInt(ClientLog::unrecovered).sum())
        .add(FAILED, name, logs.stream().mapToInt(ClientLog::failedConnects).sum())
        .add(BACK_P50, name, DeliveryCount.percentile(gaps, 0.5))
        .add(BACK_P95, name, DeliveryCount.percentile(gaps, 0.95));
  }
}
