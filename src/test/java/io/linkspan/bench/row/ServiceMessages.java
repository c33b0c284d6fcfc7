package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.HttpProxyServer;
import io.linkspan.bench.LoadGenerator.Wire;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.peer.EchoMember;
import io.linkspan.bench.peer.GatewayNodes;
import io.linkspan.bench.peer.Servers;
import io.linkspan.testing.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Messages that leave the event loop of their sender: to services, and to other clients. */
final class ServiceMessages {

  /** The least that posts frames to the same service. */
  static final String RAW_PROXY = "raw proxy";

  /** A service that is reached over HTTP. */
  static final MessageLoad HTTP =
      new MessageLoad("HTTP service, closed 50", Wire.WEBSOCKET, 50, 0, false);

  private static final MessageLoad TCP =
      new MessageLoad("TCP service, closed 50", Wire.WEBSOCKET, 50, 0, false);
  private static final MessageLoad OTHER_PROCESS =
      new MessageLoad("service on another node, closed 100", Wire.WEBSOCKET, 100, 0, false);
  private static final MessageLoad SAME_LOOP =
      new MessageLoad("client to client, same loop, closed 100", Wire.WEBSOCKET, 100, 0, false);
  private static final MessageLoad OTHER_LOOP =
      new MessageLoad("client to client, other loop, closed 100", Wire.WEBSOCKET, 100, 0, false);
  private static final MessageLoad OTHER_NODE =
      new MessageLoad("client to client, other node, closed 100", Wire.WEBSOCKET, 100, 0, false);

  /** For each load: its destination runs code that the loads before have not. */
  private static final int WARM_UP = 500_000;

  /** Each of two nodes compiles its own code. */
  private static final int WARM_UP_OF_NODES = 2 * WARM_UP;

  private static final int NODES = 2;
  private static final String HTTP_ROUTE =
      "routes: [{to: \"service:echo\", http: {url: \"http://127.0.0.1:%d/\", timeout: 30s}}]\n";
  private static final String TCP_ROUTE =
      """
      routes:
        - to: "service:echo"
          tcp: {host: 127.0.0.1, port: %d, links: 4, inOrder: true, timeout: 30s, framing: {kind: length-field}}
      """;
  private static final String BUS_ROUTES =
      "routes: [{to: \"service:echo\", bus: %s}, {to: \"user:*\"}]\n";

  private final Size size;
  private final RowReport report;

  ServiceMessages(Size size, RowReport report) {
    this.size = size;
    this.report = report;
  }

  /** Measures an HTTP service, whose own processor time does not count. */
  void overHttp(Path configuration) throws IOException, InterruptedException {
    try (var service = proxy(1)) {
      int port = service.port("http");
      Files.writeString(configuration, HTTP_ROUTE.formatted(port));
      try (var gateway = Servers.gateway("--conf", configuration.toString())) {
        measure(HTTP, List.of(gateway), List.of(gateway), Servers.LINKSPAN, Dialect.LINKSPAN);
      }
      try (var raw = proxy(Runtime.getRuntime().availableProcessors(), port)) {
        measure(HTTP, List.of(raw), List.of(raw), RAW_PROXY, Dialect.RAW);
      }
    }
  }

  private static ServerProcess proxy(Object... arguments) throws IOException {
    return ServerProcess.java(
        System.getProperty("java.class.path"), HttpProxyServer.class.getName(), arguments);
  }

  /** Measures a service on four TCP links, which sends each frame back. */
  void overTcp(Path configuration) throws IOException, InterruptedException {
    try (var service = Servers.rawVertx()) {
      Files.writeString(configuration, TCP_ROUTE.formatted(service.port("tcp")));
      try (var gateway = Servers.gateway("--conf", configuration.toString())) {
        measure(TCP, List.of(gateway), List.of(gateway), Servers.LINKSPAN, Dialect.LINKSPAN);
      }
    }
  }

  /** Measures messages between the clients of one gateway. */
  void betweenClients() throws IOException, InterruptedException {
    try (var gateway = Servers.gateway()) {
      List<ServerProcess> all = List.of(gateway);
      measure(SAME_LOOP, all, all, Servers.LINKSPAN, Dialect.LINKSPAN_SAME_LOOP);
      measure(OTHER_LOOP, all, all, Servers.LINKSPAN, Dialect.LINKSPAN_TO_NEXT);
    }
  }

  /** Measures messages from one node to another, of which the time of both counts. */
  void betweenNodes(Path configuration, long seed) throws IOException, InterruptedException {
    Files.writeString(configuration, BUS_ROUTES.formatted(EchoMember.ADDRESS));
    Map<String, String> settings = Map.of("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    try (var cluster =
        new GatewayNodes(NODES, seed, settings, "--conf", configuration.toString())) {
      List<ServerProcess> nodes = cluster.nodes();
      measure(OTHER_NODE, nodes, nodes, Servers.LINKSPAN, Dialect.LINKSPAN_TO_NEXT);
      Path member = Files.createTempFile("member", ".yaml");
      try {
        Files.writeString(member, EchoMember.configuration(cluster, FreePort.of()));
        try (var service =
            ServerProcess.java(
                System.getProperty("java.class.path"), EchoMember.class.getName(), member)) {
          List<ServerProcess> counted = new ArrayList<>(nodes);
          counted.add(service);
          measure(OTHER_PROCESS, nodes, counted, Servers.LINKSPAN, Dialect.LINKSPAN);
        }
      } finally {
        Files.delete(member);
      }
    }
  }

  private void measure(
      MessageLoad load,
      List<ServerProcess> entries,
      List<ServerProcess> counted,
      String server,
      Dialect dialect)
      throws IOException, InterruptedException {
    int warmUp = size.clients(entries.size() > 1 ? WARM_UP_OF_NODES : WARM_UP);
    load.measure(entries, counted, server, dialect, warmUp, size, report);
  }
}
