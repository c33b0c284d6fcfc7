package io.linkspan.bench.row;

import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.GatewayNodes;
import io.linkspan.bench.peer.NodeNetwork;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.Waiting;
import io.linkspan.testing.ResumingFleet;
import io.linkspan.testing.ResumingFleet.Balancer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The faults of {@code FaultIT}, once each for every seed and in an order that follows from it: a
 * node is killed, drained, frozen or partitioned while clients send to each other. Each
 * acknowledgement must be true.
 */
public final class FaultsRow implements Row {

  private enum Fault {
    KILL,
    DRAIN,
    FREEZE,
    PARTITION
  }

  private static final int NODES = 3;
  private static final int CLIENTS = 24;
  private static final int CONNECTS_PER_SECOND = 50;
  private static final int MESSAGES_PER_SECOND = 400;
  private static final int SECONDS_OF_A_SEED = 240;
  private static final int AWAY_MS = 15_000;
  private static final int TRAFFIC = 1_000;
  private static final int PATIENCE_SECONDS = 90;

  private static final Map<String, String> SETTINGS =
      Map.of(
          "LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0",
          "LINKSPAN_CLUSTER_HEARTBEAT_TIMEOUT", "6s",
          "LINKSPAN_SESSION_GRACE", "60s",
          "LINKSPAN_DELIVERY_ACKTIMEOUT", "2s",
          "LINKSPAN_DELIVERY_REQUESTTIMEOUT", "10s",
          "LINKSPAN_WEBSOCKET_HEARTBEAT_INTERVAL", "1s",
          "LINKSPAN_WEBSOCKET_HEARTBEAT_TIMEOUT", "4s",
          "LINKSPAN_DRAIN_TIMEOUT", "60s",
          "LINKSPAN_DRAIN_PAUSE", "200ms");

  private static final Figure LOST = Figure.count("acknowledged messages lost");
  private static final Figure OUT_OF_ORDER = Figure.count("out of order");
  private static final Figure WITHOUT_OUTCOME = Figure.count("messages without an outcome");
  private static final Figure NEVER_BACK = Figure.count("never back");
  private static final Figure UNRECOVERED = Figure.loose("sessions not recovered");
  private static final Figure REFUSED = Figure.loose("messages refused");
  private static final Figure REDELIVERED = Figure.loose("repeated on the wire");
  private static final Figure BACK_P50 = Figure.wall("without a link p50", "ms", 500);
  private static final Figure BACK_P99 = Figure.wall("without a link p99", "ms", 2_000);

  @Override
  public String name() {
    return "faults";
  }

  @Override
  public List<String> peers() {
    return List.of();
  }

  @Override
  public List<Limit> limits(Size size) {
    return List.of(
        Limit.none(LOST.name(), Servers.LINKSPAN),
        Limit.none(OUT_OF_ORDER.name(), Servers.LINKSPAN),
        Limit.none(WITHOUT_OUTCOME.name(), Servers.LINKSPAN),
        Limit.none(NEVER_BACK.name(), Servers.LINKSPAN),
        Limit.aim(UNRECOVERED.name(), Servers.LINKSPAN, 1));
  }

  @Override
  public int maxSeconds(Run run) {
    return SECONDS_OF_A_SEED * run.seeds();
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException {
    String seeds = run.seeds() == 1 ? "" : " to " + (run.seed() + run.seeds() - 1);
    report.note(
        "%d clients, %d nodes, seed %d%s, each fault once for each seed"
            .formatted(CLIENTS, NODES, run.seed(), seeds));
    if (NodeNetwork.available()) {
      try (var network = new NodeNetwork(NODES)) {
        measure(run, network, report);
      }
    } else {
      report.note("partitions were left out: they need root and network namespaces");
      measure(run, null, report);
    }
  }

  private static void measure(Run run, NodeNetwork network, RowReport report) throws IOException {
    try (var cluster = new GatewayNodes(NODES, run.seed(), SETTINGS, network)) {
      List<Integer> ports = new ArrayList<>();
      for (ServerProcess node : cluster.nodes()) {
        ports.add(node.port("http"));
      }
      try (var fleet = new ResumingFleet(Balancer.RANDOM, run.seed(), ports)) {
        for (int place = 0; network != null && place < NODES; place++) {
          fleet.locate(ports.get(place), network.address(place));
        }
        fleet.add(CLIENTS, true, CONNECTS_PER_SECOND);
        Waiting.require(
            "the connect of all clients", PATIENCE_SECONDS, () -> fleet.connected() == CLIENTS);
        fleet.startSending(MESSAGES_PER_SECOND);
        List<Fault> faults = faults(run.size(), network != null);
        for (int i = 0; i < run.seeds(); i++) {
          inflict(faults, new Random(run.seed() + i), cluster, fleet, ports);
        }
        fleet.stopSending();
        Waiting.until(PATIENCE_SECONDS, () -> fleet.open().isEmpty());
        Waiting.until(PATIENCE_SECONDS, () -> fleet.connected() == CLIENTS);
        report(fleet, report);
      }
    }
  }

  /** A quick run has two faults. */
  private static List<Fault> faults(Size size, boolean partitions) {
    if (size.quick()) {
      return List.of(Fault.KILL, Fault.FREEZE);
    }
    return Stream.of(Fault.values())
        .filter(fault -> partitions || fault != Fault.PARTITION)
        .toList();
  }

  private static void inflict(
      List<Fault> faults,
      Random random,
      GatewayNodes cluster,
      ResumingFleet fleet,
      List<Integer> ports)
      throws IOException {
    List<Fault> order = new ArrayList<>(faults);
    Collections.shuffle(order, random);
    for (Fault fault : order) {
      int wanted = fleet.report().acknowledged() + TRAFFIC;
      Waiting.require(
          "the traffic between two faults",
          PATIENCE_SECONDS,
          () -> fleet.report().acknowledged() >= wanted);
      int place = random.nextInt(NODES);
      switch (fault) {
        case FREEZE -> cluster.freeze(place, AWAY_MS);
        case PARTITION -> cluster.partition(place, AWAY_MS);
        case KILL, DRAIN -> replace(fault, place, cluster, fleet, ports);
      }
    }
  }

  private static void replace(
      Fault fault, int place, GatewayNodes cluster, ResumingFleet fleet, List<Integer> ports)
      throws IOException {
    // The balancer has removed a node that drains; it finds out that a killed one is gone.
    fleet.removeNode(ports.get(place));
    ServerProcess next =
        fault == Fault.KILL ? cluster.replaceKilled(place) : cluster.restart(place);
    ports.set(place, next.port("http"));
    fleet.addNode(ports.get(place));
  }

  private static void report(ResumingFleet fleet, RowReport report) {
    ResumingFleet.Report counted = fleet.report();
    String name = Servers.LINKSPAN;
    report
        .add(LOST, name, counted.lost())
        .add(OUT_OF_ORDER, name, counted.outOfOrder())
        .add(WITHOUT_OUTCOME, name, fleet.open().size())
        .add(NEVER_BACK, name, CLIENTS - counted.connected())
        .add(UNRECOVERED, name, counted.unrecovered())
        .add(REFUSED, name, counted.refused())
        .add(REDELIVERED, name, counted.redelivered())
        .add(BACK_P50, name, (double) counted.gap(50))
        .add(BACK_P99, name, (double) counted.gap(99));
    report.note(counted.sent() + " messages sent, " + counted.acknowledged() + " acknowledged");
  }
}
