package io.linkspan.bench.row;

import io.linkspan.bench.Dialect;
import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.peer.Servers;
import java.io.IOException;
import java.util.List;

/** A server that a row measures, and what its clients speak. */
record Target(String name, Dialect dialect, Starter starter) {

  /** Starts a server. */
  interface Starter {
    ServerProcess start() throws IOException, InterruptedException;
  }

  /** The gateway over both protocols. */
  static final List<Target> GATEWAY =
      List.of(
          new Target(Servers.LINKSPAN, Dialect.LINKSPAN, Servers::gateway),
          new Target(Servers.LINKSPAN_SOCKET_IO, Dialect.SOCKET_IO, Servers::gateway));

  /** The servers beside it. */
  static final List<Target> PEERS =
      List.of(
          new Target(Servers.RAW_NETTY, Dialect.RAW, Servers::rawNetty),
          new Target(Servers.RAW_VERTX, Dialect.RAW, Servers::rawVertx),
          new Target(Servers.NODE_WS, Dialect.RAW, Servers::nodeWs),
          new Target(Servers.NETTY_SOCKET_IO, Dialect.SOCKET_IO, Servers::nettySocketIo),
          new Target(Servers.SOCKET_IO, Dialect.SOCKET_IO, () -> Servers.socketIo(0)));

  /** Returns the names of {@link #PEERS}. */
  static List<String> peers() {
    return PEERS.stream().map(Target::name).toList();
  }
}
