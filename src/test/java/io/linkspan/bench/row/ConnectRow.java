package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.LoadGenerator;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.GatewayNodes;
import io.linkspan.bench.peer.Servers;
import io.linkspan.testing.TestTokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The cost of a connect: to one server, and to a cluster of three nodes. */
public final class ConnectRow implements Row {

  private static final int NODES = 3;
  private static final int CONNECTIONS = 5_000;
  private static final int WARM_UP = 5_000;
  private static final int BATCH = 500;

  /** Rounds of connects and ends before the one that counts as warm. */
  private static final int ROUNDS = 2;

  private static final String JWT = "linkspan (signed token)";
  private static final String CLUSTER = "linkspan (cluster of three)";

  private static final Figure CPU = Figure.cpu("CPU per connect", "µs");
  private static final Figure WARM = Figure.cpu("CPU per connect and its end, warm", "µs");
  private static final Figure RATE = Figure.rate("connects");
  private static final Figure START = Figure.wall("start until ready", "ms", 300);

  private static final List<Target> TARGETS =
      Stream.of(
              Target.GATEWAY,
              List.of(
                  new Target(
                      JWT,
                      Dialect.LINKSPAN_WITH_TOKEN,
                      () -> Servers.gateway(TestTokens.environment()))),
              Target.PEERS)
          .flatMap(List::stream)
          .toList();

  @Override
  public String name() {
    return "connect";
  }

  @Override
  public List<String> peers() {
    return Target.peers();
  }

  @Override
  public List<Limit> limits(Size size) {
    return List.of(
        Limit.aimTimes(CPU.name(), Servers.LINKSPAN, 2, Servers.RAW_VERTX),
        Limit.aimTimes(CPU.name(), Servers.LINKSPAN_SOCKET_IO, 2, Servers.NETTY_SOCKET_IO));
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(600, 300);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    int connections = run.size().clients(CONNECTIONS);
    int warmUp = run.size().clients(WARM_UP);
    for (Target target : TARGETS) {
      Parts.run(target.name(), report, () -> alone(target, warmUp, connections, report));
    }
    Parts.run(CLUSTER, report, () -> cluster(run.seed(), warmUp, connections, report));
    report.note(
        connections
            + " connects one after the other, all stay open; of the cluster the time of all nodes");
    report.note(
        "warm: after "
            + ROUNDS
            + " rounds of as many connects and ends to each server, without the compiler of a JVM");
    report.note("nodes of the cluster start one after the other");
  }

  private static void alone(Target target, int warmUp, int connections, RowReport report)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (ServerProcess server = target.starter().start()) {
      report.add(START, target.name(), millisSince(start));
      List<ServerProcess> servers = List.of(server);
      warmUp(servers, target.dialect(), warmUp);
      long before = server.cpuTime().total();
      double seconds = connect(servers, target.dialect(), connections);
      report
          .add(CPU, target.name(), (double) (server.cpuTime().total() - before) / connections)
          .add(RATE, target.name(), connections / seconds)
          .add(WARM, target.name(), warm(servers, target.dialect(), connections));
    }
  }

  /**
   * Returns the time of one connect and its end, without compilation, after many of them. The ends
   * of the round before are in it, and those of the last round are not.
   *
   * @param connections of a round, to each of the servers
   */
  private static double warm(List<ServerProcess> servers, Dialect dialect, int connections)
      throws IOException {
    long before = 0;
    for (int round = 0; round <= ROUNDS; round++) {
      before = withoutCompilation(servers);
      for (ServerProcess server : servers) {
        generator(server, dialect, "round-" + round, connections).close();
      }
    }
    return (double) (withoutCompilation(servers) - before) / (connections * servers.size());
  }

  private static long withoutCompilation(List<ServerProcess> servers) throws IOException {
    long sum = 0;
    for (ServerProcess server : servers) {
      sum += server.cpuTime().total() - server.compilerMicros();
    }
    return sum;
  }

  private static void cluster(long seed, int warmUp, int connections, RowReport report)
      throws IOException {
    long start = System.nanoTime();
    try (var cluster = new GatewayNodes(NODES, seed, Map.of())) {
      report.add(START, CLUSTER, millisSince(start));
      warmUp(cluster.nodes(), Dialect.LINKSPAN, warmUp);
      long before = cluster.cpuMicros();
      double seconds = connect(cluster.nodes(), Dialect.LINKSPAN, connections);
      report
          .add(CPU, CLUSTER, (double) (cluster.cpuMicros() - before) / connections)
          .add(RATE, CLUSTER, connections / seconds)
          .add(WARM, CLUSTER, warm(cluster.nodes(), Dialect.LINKSPAN, connections));
    }
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static void warmUp(List<ServerProcess> servers, Dialect dialect, int connections)
      throws IOException {
    for (int i = 0; i < connections; i += BATCH) {
      for (ServerProcess server : servers) {
        generator(server, dialect, "warm-up-" + i, BATCH / servers.size()).close();
      }
    }
  }

  /** Connects, and returns how many seconds it took. */
  private static double connect(List<ServerProcess> servers, Dialect dialect, int connections)
      throws IOException {
    List<LoadGenerator> clients = new ArrayList<>();
    try {
      long start = System.nanoTime();
      for (ServerProcess server : servers) {
        int share = connections / servers.size();
        clients.add(generator(server, dialect, "connect-" + clients.size(), share));
      }
      return (double) (System.nanoTime() - start) / TimeUnit.SECONDS.toNanos(1);
    } finally {
      for (LoadGenerator each : clients) {
        each.close();
      }
    }
  }

  private static LoadGenerator generator(
      ServerProcess server, Dialect dialect, String name, int connections) throws IOException {
    return new LoadGenerator(server, LoadGenerator.Wire.WEBSOCKET, dialect, name, connections);
  }
}
