package io.linkspan.bench.row;

import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.DeliveryCount;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Fleet;
import io.linkspan.bench.peer.FleetProcess;
import io.linkspan.bench.peer.Publisher;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.SplitFleet;
import io.linkspan.bench.peer.Users;
import io.linkspan.bench.peer.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** One message to all members of a group. */
public final class BroadcastRow implements Row {

  /** Connects the clients of a server. */
  private interface Clients {
    Fleet connect(ServerProcess server) throws IOException, InterruptedException;
  }

  /** With clients for which it is enough that a message was written to them. */
  private static final String SILENT = "linkspan (ack=transport)";

  private static final List<Integer> MEMBERS = List.of(1_000, 10_000);

  /** From this size on, one process of clients would read messages later than they arrive. */
  private static final int MEMBERS_OF_TWO_PROCESSES = 10_000;

  private static final int BROADCASTS = 10;

  /** Fewer of them measure the interpreter of a JVM. */
  private static final int WARM_UP_DELIVERIES = 100_000;

  private static final int WARM_UP_PER_SECOND = 10_000;
  private static final int MILLIS_EACH = 250;
  private static final int MEMBERS_OF_A_PAUSE = 4_000;
  private static final int CONNECTS_PER_SECOND = 1_000;
  private static final int CONNECT_SECONDS = 180;
  private static final int SETTLE_SECONDS = 20;
  private static final String GROUP = "broadcast";

  @Override
  public String name() {
    return "broadcast";
  }

  @Override
  public List<String> peers() {
    return List.of(Servers.RAW_VERTX, Servers.NETTY_SOCKET_IO, Servers.SOCKET_IO);
  }

  private static List<Integer> members(Size size) {
    return size.quick() ? MEMBERS.subList(0, 1) : MEMBERS;
  }

  private static Figure delivered(int members) {
    return Figure.share("%,d members: delivered".formatted(members));
  }

  @Override
  public List<Limit> limits(Size size) {
    return members(size).stream()
        .map(size::clients)
        .map(members -> Limit.atLeast(delivered(members).name(), Servers.LINKSPAN, 100))
        .toList();
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(540, 140);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    Map<String, String> settings = Map.of("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    Target.Starter gateway = () -> Servers.gateway(settings);
    for (int full : members(run.size())) {
      int members = run.size().clients(full);
      List<Users> parts = Users.of(members).split(full < MEMBERS_OF_TWO_PROCESSES ? 1 : 2);
      Clients sessions = server -> webSockets(server, parts, run.seed(), GROUP, true);
      Clients silent = server -> webSockets(server, parts, run.seed(), GROUP, false);
      Clients plain = server -> webSockets(server, parts, run.seed(), null, true);
      Clients socketIo = server -> socketIo(server, parts);
      measure(Servers.LINKSPAN, gateway, sessions, members, run, report);
      measure(SILENT, gateway, silent, members, run, report);
      measure(Servers.RAW_VERTX, Servers::rawBroadcast, plain, members, run, report);
      measure(Servers.LINKSPAN_SOCKET_IO, gateway, socketIo, members, run, report);
      measure(Servers.NETTY_SOCKET_IO, Servers::nettySocketIo, socketIo, members, run, report);
      measure(Servers.SOCKET_IO, () -> Servers.socketIo(0), socketIo, members, run, report);
    }
    report.note("four broadcasts a second, fewer above 4,000 members");
    report.note("clients in a process of their own, those of the larger group in two");
  }

  private static void measure(
      String name, Target.Starter starter, Clients clients, int members, Run run, RowReport report)
      throws InterruptedException {
    Parts.run(
        "%s, %,d members".formatted(name, members),
        report,
        () -> {
          try (var server = starter.start();
              var fleet = clients.connect(server)) {
            measure(server, fleet, name, members, run, report);
          }
        });
  }

  private static Fleet webSockets(
      ServerProcess server, List<Users> parts, long seed, String group, boolean acknowledges)
      throws IOException, InterruptedException {
    int port = server.port("http");
    int perSecond = CONNECTS_PER_SECOND / parts.size();
    return SplitFleet.start(
        parts, users -> FleetProcess.webSockets(port, seed, users, perSecond, group, acknowledges));
  }

  private static Fleet socketIo(ServerProcess server, List<Users> parts)
      throws IOException, InterruptedException {
    int port = server.port("http");
    int perSecond = CONNECTS_PER_SECOND / parts.size();
    return SplitFleet.start(parts, users -> FleetProcess.socketIo(port, users, perSecond, GROUP));
  }

  private static void measure(
      ServerProcess server, Fleet fleet, String name, int members, Run run, RowReport report)
      throws IOException, InterruptedException {
    Waiting.require(
        "the connect of all clients", CONNECT_SECONDS, () -> fleet.connected() == members);
    int port = server.port("management");
    long pause = (long) MILLIS_EACH * Math.max(1, members / MEMBERS_OF_A_PAUSE);
    warmUp(port, fleet, members, run);
    var publisher = new Publisher(port, "measured");
    long before = server.cpuTime().total();
    publisher.publish(GROUP, BROADCASTS, members, 0, BROADCASTS * pause, run.seed());
    DeliveryCount count = awaitDeliveries(publisher, fleet);
    long used = server.cpuTime().total() - before;
    String label = "%,d members: ".formatted(members);
    double[] times = DeliveryCount.times(publisher.sent(), fleet.logs());
    report
        .add(delivered(members), name, count.percent())
        .add(
            Figure.cpu(label + "CPU per delivery", "µs"),
            name,
            (double) used / Math.max(1, count.delivered()))
        .add(Figure.wall(label + "p50", "ms", 20), name, DeliveryCount.percentile(times, 0.5))
        .add(Figure.wall(label + "p99", "ms", 50), name, DeliveryCount.percentile(times, 0.99));
  }

  /** Returns when the clients have read it all, so that they are not late for what is measured. */
  private static void warmUp(int port, Fleet fleet, int members, Run run)
      throws IOException, InterruptedException {
    int deliveries = run.size().clients(WARM_UP_DELIVERIES);
    long millis = deliveries * 1_000L / WARM_UP_PER_SECOND;
    var publisher = new Publisher(port, "warmup");
    publisher.publish(GROUP, deliveries / members, members, 0, millis, run.seed());
    awaitDeliveries(publisher, fleet);
  }

  private static DeliveryCount awaitDeliveries(Publisher publisher, Fleet fleet)
      throws IOException {
    var counts = new DeliveryCount[1];
    Waiting.until(
        SETTLE_SECONDS,
        () -> {
          counts[0] = DeliveryCount.of(publisher.sent(), fleet.logs());
          return counts[0].delivered() == counts[0].expected();
        });
    return counts[0];
  }
}
