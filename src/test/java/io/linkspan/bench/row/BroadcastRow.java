package io.linkspan.bench.row;

import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.DeliveryCount;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Fleet;
import io.linkspan.bench.peer.NativeFleet;
import io.linkspan.bench.peer.Publisher;
import io.linkspan.bench.peer.Servers;
import io.linkspan.bench.peer.SocketIoFleet;
import io.linkspan.bench.peer.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** One message to all members of a group. */
public final class BroadcastRow implements Row {

  private static final List<Integer> MEMBERS = List.of(1_000, 10_000);
  private static final int BROADCASTS = 20;
  private static final int WARM_UP_BROADCASTS = 10;
  private static final int QUICK_BROADCASTS = 10;
  private static final int MILLIS_EACH = 250;
  private static final int MEMBERS_OF_A_PAUSE = 2_000;
  private static final int CONNECTS_PER_SECOND = 500;
  private static final int CONNECT_SECONDS = 180;
  private static final int SETTLE_SECONDS = 20;
  private static final String GROUP = "broadcast";

  @Override
  public String name() {
    return "broadcast";
  }

  @Override
  public List<String> peers() {
    return List.of(Servers.SOCKET_IO);
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
    return run.size().either(480, 120);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    Map<String, String> settings = Map.of("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    for (int full : members(run.size())) {
      int members = run.size().clients(full);
      try (var server = Servers.gateway(settings);
          var fleet =
              new NativeFleet(
                  List.of(server.port("http")), run.seed(), members, CONNECTS_PER_SECOND, GROUP)) {
        measure(server, fleet, Servers.LINKSPAN, members, run, report);
      }
      try (var server = Servers.gateway(settings);
          var fleet = socketIo(server, members)) {
        measure(server, fleet, Servers.LINKSPAN_SOCKET_IO, members, run, report);
      }
      try (var server = Servers.socketIo(0);
          var fleet = socketIo(server, members)) {
        measure(server, fleet, Servers.SOCKET_IO, members, run, report);
      }
    }
    report.note("four broadcasts a second, fewer above 2,000 members");
  }

  private static SocketIoFleet socketIo(ServerProcess server, int members)
      throws IOException, InterruptedException {
    return new SocketIoFleet(server.port("http"), members, CONNECTS_PER_SECOND, GROUP);
  }

  private static void measure(
      ServerProcess server, Fleet fleet, String name, int members, Run run, RowReport report)
      throws IOException, InterruptedException {
    Waiting.require(
        "the connect of all clients", CONNECT_SECONDS, () -> fleet.connected() == members);
    int port = server.port("management");
    long pause = (long) MILLIS_EACH * Math.max(1, members / MEMBERS_OF_A_PAUSE);
    int warmUps = run.size().either(WARM_UP_BROADCASTS, QUICK_BROADCASTS);
    new Publisher(port, "warmup").publish(GROUP, warmUps, members, 0, warmUps * pause, run.seed());
    int broadcasts = run.size().either(BROADCASTS, QUICK_BROADCASTS);
    var publisher = new Publisher(port, "measured");
    long before = server.cpuTime().total();
    publisher.publish(GROUP, broadcasts, members, 0, broadcasts * pause, run.seed());
    var counts = new DeliveryCount[1];
    Waiting.until(
        SETTLE_SECONDS,
        () -> {
          counts[0] = DeliveryCount.of(publisher.sent(), fleet.logs());
          return counts[0].delivered() == counts[0].expected();
        });
    long used = server.cpuTime().total() - before;
    String label = "%,d members: ".formatted(members);
    double[] times = DeliveryCount.times(publisher.sent(), fleet.logs());
    report
        .add(delivered(members), name, counts[0].percent())
        .add(
            Figure.cpu(label + "CPU per delivery", "µs"),
            name,
            (double) used / Math.max(1, counts[0].delivered()))
        .add(Figure.wall(label + "p50", "ms", 20), name, DeliveryCount.percentile(times, 0.5))
        .add(Figure.wall(label + "p99", "ms", 50), name, DeliveryCount.percentile(times, 0.99));
  }
}
