package io.linkspan.bench;

import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.ResumingFleet;
import io.linkspan.testing.ResumingFleet.Balancer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * Measures a rebalance: three nodes with clients that send to each other, and a fourth one joins.
 * Arguments: {@code [CLIENTS PER NODE] [MODE…]}. Needs {@code -Dlinkspan.jar}.
 */
public final class RebalanceBenchmark {

  private static final int NODES = 3;
  private static final int MESSAGES_PER_SECOND = Integer.getInteger("rebalance.messages", 200);
  private static final int CONNECTS_PER_SECOND = 300;
  private static final long SEED = Long.getLong("rebalance.seed", 20_261_129L);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private RebalanceBenchmark() {}

  public static void main(String[] args) throws InterruptedException {
    Options<Balancer> options = Options.parse(args, 2_000, Balancer.values());
    for (Balancer balancer : options.modes()) {
      run(balancer, options.rounds());
    }
    System.exit(0);
  }

  private static void run(Balancer balancer, int perNode) throws InterruptedException {
    int clients = NODES * perNode;
    try (var cluster =
        new ClusterProcess(
            NODES,
            1,
            Map.of(
                "LINKSPAN_LIMITS_CONNECTRATE_PERADDRESS", "0",
                "LINKSPAN_REBALANCE_MAXDELAY", "1s"))) {
      List<GatewayProcess> nodes = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        nodes.add(cluster.node(i));
      }
      try (var fleet =
          new ResumingFleet(
              balancer, SEED, nodes.stream().map(GatewayProcess::httpPort).toList())) {
        fleet.add(clients, true, CONNECTS_PER_SECOND);
        Awaitility.await().atMost(PATIENCE).until(() -> fleet.connected() == clients);
        fleet.startSending(MESSAGES_PER_SECOND);
        GatewayProcess fourth = cluster.startAnother();
        nodes.add(fourth);
        cluster.awaitMembers(nodes.toArray(GatewayProcess[]::new));
        fleet.addNode(fourth.httpPort());
        long begun = System.nanoTime();
        cluster.call(0, "POST", "/v1/rebalance", null);
        Awaitility.await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(500))
            .until(() -> cluster.get(0, "/v1/rebalance").getString("endedAt") != null);
        long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
        fleet.stopSending();
        Awaitility.await().atMost(PATIENCE).until(() -> fleet.open().isEmpty());
        print(balancer, seconds, cluster.get(0, "/v1/rebalance"), fleet, nodes);
      }
    }
  }

  private static void print(
      Balancer balancer,
      long seconds,
      JsonObject end,
      ResumingFleet fleet,
      List<GatewayProcess> nodes) {
    ResumingFleet.Report report = fleet.report();
    System.out.printf(
        "%s, seed %d: %s after %d s, %d rounds; clients per node %s%n",
        Options.nameOf(balancer),
        SEED,
        end.getString("state"),
        seconds,
        end.getInteger("rounds"),
        nodes.stream().map(node -> fleet.connectedTo(node.httpPort())).toList());
    System.out.printf(
        "  moved %d clients, each at most %d times; without a link p50 %d ms, p99 %d ms%n",
        report.moved(), report.moves(), report.gap(50), report.gap(99));
    System.out.printf(
        "  sent %d, acknowledged %d, refused %d; lost after acknowledgement %d, out of order %d,"
            + " redelivered %d, sessions not recovered %d; closes %s%n",
        report.sent(),
        report.acknowledged(),
        report.refused(),
        report.lost(),
        report.outOfOrder(),
        report.redelivered(),
        report.unrecovered(),
        report.closes());
  }
}
