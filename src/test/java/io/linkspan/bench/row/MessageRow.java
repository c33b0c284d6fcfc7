package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.EnetLoad;
import io.linkspan.bench.HttpProxyServer;
import io.linkspan.bench.Latencies;
import io.linkspan.bench.LoadGenerator;
import io.linkspan.bench.LoadGenerator.Wire;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.Window;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Servers;
import io.linkspan.testing.CProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The cost and the time of one message and its answer, over each transport. */
public final class MessageRow implements Row {

  private static final int MAX_LATENCIES = 2_000_000;
  private static final int FIRST_WARM_UP = 300_000;
  private static final int QUICK_WARM_UP = 40_000;
  private static final int WARM_UP = 30_000;
  private static final int OPEN_WARM_UP_MS = 2_000;
  private static final int WINDOW_MS = 4_000;
  private static final int QUICK_WINDOW_MS = 2_000;
  private static final int ENET_PEERS = 100;
  private static final int BODY = 64;
  private static final String C_LIBRARY = "C library";
  private static final String RAW_PROXY = "raw proxy";
  private static final String SOCKET_IO_ROUTE = "routes: [{to: \"\", bus: echo}]\n";
  private static final String HTTP_ROUTE =
      "routes: [{to: \"service:echo\", http: {url: \"http://127.0.0.1:%d/\"}}]\n";

  /** One load; a rate of 0 is a closed loop. */
  private record Load(String name, Wire wire, int connections, int rate, boolean quick) {
    String user() {
      return name.replaceAll("[^A-Za-z0-9]+", "-");
    }

    Figure cpu() {
      return Figure.cpu(name + ": CPU", "µs/message");
    }
  }

  private static final Load WEBSOCKET =
      new Load("WebSocket, closed 100", Wire.WEBSOCKET, 100, 0, true);
  private static final List<Load> WEBSOCKET_LOADS =
      List.of(
          WEBSOCKET,
          new Load("WebSocket, closed 1,000", Wire.WEBSOCKET, 1_000, 0, false),
          new Load("WebSocket, open 5,000/s", Wire.WEBSOCKET, 1_000, 5_000, false));
  private static final Load SOCKET_IO =
      new Load("Socket.IO, closed 100", Wire.WEBSOCKET, 100, 0, true);
  private static final List<Load> SOCKET_IO_LOADS =
      List.of(SOCKET_IO, new Load("Socket.IO, closed 1,000", Wire.WEBSOCKET, 1_000, 0, false));
  private static final Load TCP = new Load("TCP, closed 100", Wire.TCP, 100, 0, true);
  private static final Load ENET = new Load("ENet, closed 100", null, ENET_PEERS, 0, true);
  private static final Load HTTP = new Load("HTTP service, closed 50", Wire.WEBSOCKET, 50, 0, true);

  @Override
  public String name() {
    return "message";
  }

  @Override
  public List<String> peers() {
    return List.of(
        Servers.RAW_NETTY,
        Servers.RAW_VERTX,
        Servers.NODE_WS,
        Servers.NETTY_SOCKET_IO,
        Servers.SOCKET_IO,
        C_LIBRARY,
        RAW_PROXY);
  }

  @Override
  public List<Limit> limits(Size size) {
    List<Limit> limits = new ArrayList<>();
    limits.add(ratio(WEBSOCKET, 2, Servers.RAW_VERTX, size));
    limits.add(ratio(SOCKET_IO, 1.5, Servers.NETTY_SOCKET_IO, size));
    limits.add(ratio(TCP, 2.5, Servers.RAW_VERTX, size));
    limits.add(ratio(ENET, 1.5, C_LIBRARY, size));
    limits.add(ratio(HTTP, 2.5, RAW_PROXY, size));
    return limits;
  }

  /** In a quick run the compilers of the JVM are still at work, so that the ratio is an aim. */
  private static Limit ratio(Load load, double factor, String peer, Size size) {
    String figure = load.cpu().name();
    return size.quick()
        ? Limit.aimTimes(figure, Servers.LINKSPAN, factor, peer)
        : Limit.atMostTimes(figure, Servers.LINKSPAN, factor, peer);
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(480, 150);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    Size size = run.size();
    Map<String, Target.Starter> webSockets = new LinkedHashMap<>();
    webSockets.put(Servers.LINKSPAN, Servers::gateway);
    webSockets.put(Servers.RAW_NETTY, Servers::rawNetty);
    webSockets.put(Servers.RAW_VERTX, Servers::rawVertx);
    webSockets.put(Servers.NODE_WS, Servers::nodeWs);
    measure(webSockets, Dialect.LINKSPAN, Dialect.RAW, WEBSOCKET_LOADS, size, report);
    webSockets.remove(Servers.NODE_WS);
    measure(webSockets, Dialect.LINKSPAN, Dialect.RAW, List.of(TCP), size, report);
    Path configuration = Files.createTempFile("linkspan", ".yaml");
    try {
      Files.writeString(configuration, SOCKET_IO_ROUTE);
      Map<String, Target.Starter> socketIo = new LinkedHashMap<>();
      socketIo.put(Servers.LINKSPAN, () -> Servers.gateway("--conf", configuration.toString()));
      socketIo.put(Servers.NETTY_SOCKET_IO, Servers::nettySocketIo);
      socketIo.put(Servers.SOCKET_IO, () -> Servers.socketIo(0));
      measure(socketIo, Dialect.SOCKET_IO, Dialect.SOCKET_IO, SOCKET_IO_LOADS, size, report);
      http(configuration, size, report);
    } finally {
      Files.delete(configuration);
    }
    if (CProgram.available()) {
      enet(size, report);
    } else {
      report.note("ENet was skipped: gcc or libenet is missing");
    }
  }

  private static void http(Path configuration, Size size, RowReport report)
      throws IOException, InterruptedException {
    try (var service = proxy(1)) {
      int port = service.port("http");
      Files.writeString(configuration, HTTP_ROUTE.formatted(port));
      Map<String, Target.Starter> servers = new LinkedHashMap<>();
      servers.put(Servers.LINKSPAN, () -> Servers.gateway("--conf", configuration.toString()));
      servers.put(RAW_PROXY, () -> proxy(Runtime.getRuntime().availableProcessors(), port));
      measure(servers, Dialect.LINKSPAN, Dialect.RAW, List.of(HTTP), size, report);
    }
  }

  private static ServerProcess proxy(Object... arguments) throws IOException {
    return ServerProcess.java(
        System.getProperty("java.class.path"), HttpProxyServer.class.getName(), arguments);
  }

  private static void measure(
      Map<String, Target.Starter> servers,
      Dialect own,
      Dialect theirs,
      List<Load> loads,
      Size size,
      RowReport report)
      throws IOException, InterruptedException {
    for (Map.Entry<String, Target.Starter> entry : servers.entrySet()) {
      String name = entry.getKey();
      Dialect dialect = name.equals(Servers.LINKSPAN) ? own : theirs;
      try (ServerProcess server = entry.getValue().start()) {
        int warmUp = size.either(FIRST_WARM_UP, QUICK_WARM_UP);
        for (Load load : loads) {
          if (load.quick() || !size.quick()) {
            measure(server, name, dialect, load, warmUp, size, report);
            warmUp = WARM_UP;
          }
        }
      }
    }
  }

  private static void measure(
      ServerProcess server,
      String name,
      Dialect dialect,
      Load load,
      int warmUp,
      Size size,
      RowReport report)
      throws IOException, InterruptedException {
    // Users of their own: the gateway drops an eventId that a user has sent under an earlier load.
    try (var clients =
        new LoadGenerator(server, load.wire(), dialect, load.user(), load.connections())) {
      clients.closedLoop(0, warmUp, null);
      if (load.rate() > 0) {
        clients.endClosedLoop();
        clients.openLoop(load.rate(), OPEN_WARM_UP_MS, null);
      }
      int millis = size.either(WINDOW_MS, QUICK_WINDOW_MS);
      var latencies = new Latencies(MAX_LATENCIES);
      var window = new Window(server, ProcessHandle.current());
      long messages =
          load.rate() > 0
              ? clients.openLoop(load.rate(), millis, latencies)
              : clients.closedLoop(millis, 0, latencies);
      report(
          load, name, window.end(messages, latencies.micros(0.5), latencies.micros(0.99)), report);
      report.add(
          Figure.wall(load.name() + ": p99.9", "ms", 20), name, latencies.micros(0.999) / 1_000);
    }
  }

  private static void enet(Size size, RowReport report) throws IOException, InterruptedException {
    Path program = CProgram.compile("src/test/c/enet_load.c");
    var plan =
        new EnetLoad.Plan(ENET_PEERS, BODY, 1, 0, 0, size.either(FIRST_WARM_UP, QUICK_WARM_UP));
    int millis = size.either(WINDOW_MS, QUICK_WINDOW_MS);
    try (var server = Servers.gateway();
        var load = new EnetLoad(program, server, true, plan, millis)) {
      report(ENET, Servers.LINKSPAN, load.measure().load(), report);
    }
    try (var server =
            ServerProcess.start(
                new ProcessBuilder(program.toString(), "server", Integer.toString(ENET_PEERS)));
        var load = new EnetLoad(program, server, false, plan, millis)) {
      report(ENET, C_LIBRARY, load.measure().load(), report);
    }
  }

  private static void report(Load load, String server, Window.Load measured, RowReport report) {
    String name = load.name();
    report
        .add(load.cpu(), server, measured.cpu())
        .add(Figure.rate(name + ": messages"), server, measured.perSecond())
        .add(Figure.wall(name + ": p50", "ms", 5), server, measured.p50() / 1_000)
        .add(Figure.wall(name + ": p99", "ms", 10), server, measured.p99() / 1_000);
  }
}
