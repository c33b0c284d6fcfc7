package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.LoadGenerator;
import io.linkspan.bench.LoadGenerator.Wire;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The cost and the time of one message and its answer, over each transport. */
public final class MessageRow implements Row {

  /** With fewer messages a part of a JVM's code is still interpreted. */
  private static final int FIRST_WARM_UP = 500_000;

  private static final int WARM_UP = 200_000;
  private static final String SOCKET_IO_ROUTE = "routes: [{to: \"\", bus: echo}]\n";

  /** No Message is sent again while the load lasts. */
  private static final Map<String, String> OWING_SETTINGS =
      Map.of("LINKSPAN_DELIVERY_ACKTIMEOUT", "10m");

  private static final MessageLoad WEBSOCKET =
      new MessageLoad("WebSocket, closed 100", Wire.WEBSOCKET, 100, 0, true);
  private static final MessageLoad OWING =
      new MessageLoad("WebSocket, no client acknowledges", Wire.WEBSOCKET, 1_000, 0, false);
  private static final Figure OWING_HEAP =
      Figure.memory(OWING.name() + ": heap per pending answer", "bytes", 100);
  private static final MessageLoad TCP = new MessageLoad("TCP, closed 100", Wire.TCP, 100, 0, true);
  private static final MessageLoad SOCKET_IO =
      new MessageLoad("Socket.IO, closed 100", Wire.WEBSOCKET, 100, 0, true);

  private static final List<MessageLoad> WEBSOCKET_LOADS =
      List.of(
          WEBSOCKET,
          new MessageLoad("WebSocket, closed 1,000", Wire.WEBSOCKET, 1_000, 0, false),
          new MessageLoad("WebSocket, open 5,000/s", Wire.WEBSOCKET, 1_000, 5_000, false),
          TCP);
  private static final List<MessageLoad> SOCKET_IO_LOADS =
      List.of(
          SOCKET_IO,
          new MessageLoad("Socket.IO, closed 1,000", Wire.WEBSOCKET, 1_000, 0, false),
          new MessageLoad("Socket.IO, open 5,000/s", Wire.WEBSOCKET, 1_000, 5_000, false));

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
        EnetMessages.C_LIBRARY,
        ServiceMessages.RAW_PROXY);
  }

  @Override
  public List<Limit> limits(Size size) {
    List<Limit> limits = new ArrayList<>();
    limits.add(ratio(WEBSOCKET, 2, Servers.RAW_VERTX, size));
    limits.add(ratio(SOCKET_IO, 1.5, Servers.NETTY_SOCKET_IO, size));
    limits.add(ratio(TCP, 2.5, Servers.RAW_VERTX, size));
    limits.add(ratio(EnetMessages.CLOSED, 1.5, EnetMessages.C_LIBRARY, size));
    if (!size.quick()) {
      limits.add(ratio(ServiceMessages.HTTP, 2.5, ServiceMessages.RAW_PROXY, size));
    }
    return limits;
  }

  /** In a quick run the compilers of the JVM are still at work, so that the ratio is an aim. */
  private static Limit ratio(MessageLoad load, double factor, String peer, Size size) {
    String figure = load.cpu().name();
    return size.quick()
        ? Limit.aimTimes(figure, Servers.LINKSPAN, factor, peer)
        : Limit.atMostTimes(figure, Servers.LINKSPAN, factor, peer);
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(960, 240);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    Size size = run.size();
    Path configuration = Files.createTempFile("linkspan", ".yaml");
    try {
      Files.writeString(configuration, SOCKET_IO_ROUTE);
      for (Target target : targets(configuration)) {
        boolean socketIo = target.dialect() == Dialect.SOCKET_IO;
        List<MessageLoad> loads = socketIo ? SOCKET_IO_LOADS : WEBSOCKET_LOADS;
        Parts.run(target.name(), report, () -> measure(target, loads, size, report));
      }
      var services = new ServiceMessages(size, report);
      if (!size.quick()) {
        Parts.run("HTTP service", report, () -> services.overHttp(configuration));
        Parts.run("no client acknowledges", report, () -> owing(size, report));
        Parts.run("TCP service", report, () -> services.overTcp(configuration));
        Parts.run("clients", report, services::betweenClients);
        Parts.run("nodes", report, () -> services.betweenNodes(configuration, run.seed()));
      }
    } finally {
      Files.delete(configuration);
    }
    Parts.run("ENet", report, () -> EnetMessages.measure(size, report));
  }

  private static List<Target> targets(Path configuration) {
    return List.of(
        new Target(Servers.LINKSPAN, Dialect.LINKSPAN, Servers::gateway),
        new Target(Servers.RAW_NETTY, Dialect.RAW, Servers::rawNetty),
        new Target(Servers.RAW_VERTX, Dialect.RAW, Servers::rawVertx),
        new Target(Servers.NODE_WS, Dialect.RAW, Servers::nodeWs),
        new Target(
            Servers.LINKSPAN,
            Dialect.SOCKET_IO,
            () -> Servers.gateway("--conf", configuration.toString())),
        new Target(Servers.NETTY_SOCKET_IO, Dialect.SOCKET_IO, Servers::nettySocketIo),
        new Target(Servers.SOCKET_IO, Dialect.SOCKET_IO, () -> Servers.socketIo(0)));
  }

  private static void measure(Target target, List<MessageLoad> loads, Size size, RowReport report)
      throws IOException, InterruptedException {
    try (ServerProcess server = target.starter().start()) {
      Wire before = null;
      for (MessageLoad load : loads) {
        boolean possible = !load.equals(TCP) || !target.name().equals(Servers.NODE_WS);
        if (possible && (load.quick() || !size.quick())) {
          List<ServerProcess> servers = List.of(server);
          int warmUp = size.clients(load.wire() == before ? WARM_UP : FIRST_WARM_UP);
          load.measure(servers, servers, target.name(), target.dialect(), warmUp, size, report);
          before = load.wire();
        }
      }
    }
  }

  /** Each answer stays pending, since its client acknowledges none. */
  private static void owing(Size size, RowReport report) throws IOException, InterruptedException {
    try (var server = Servers.gateway(OWING_SETTINGS)) {
      // These acknowledge, so that all code is compiled before answers stay pending.
      try (var others = webSockets(server, Dialect.LINKSPAN, "others")) {
        others.closedLoop(0, size.clients(FIRST_WARM_UP), null);
        others.endClosedLoop();
      }
      try (var clients = webSockets(server, Dialect.LINKSPAN_OWING, "owing")) {
        long before = server.liveHeapBytes();
        List<ServerProcess> servers = List.of(server);
        int warmUp = size.clients(WARM_UP);
        long pending = OWING.measure(clients, servers, Servers.LINKSPAN, warmUp, size, report);
        clients.endClosedLoop();
        report.add(
            OWING_HEAP,
            Servers.LINKSPAN,
            (double) (server.liveHeapBytes() - before) / (pending + OWING.connections()));
      }
    }
  }

  private static LoadGenerator webSockets(ServerProcess server, Dialect dialect, String name)
      throws IOException {
    return new LoadGenerator(server, Wire.WEBSOCKET, dialect, name, OWING.connections());
  }
}
