package io.linkspan.transport.tcp;

import io.linkspan.admission.DrainLatch;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.framing.Framing;
import io.linkspan.transport.channel.ConnectContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One port for framed TCP on one event loop. All loops of a node listen at the same port, and
 * connections go round among them.
 */
final class TcpListener {

  /**
   * What the connections of a listener have in common.
   *
   * @param encoder makes whole frames, once for all connections
   */
  record Common(
      Vertx vertx,
      TcpConfig.Listener config,
      Framing framing,
      Outgoing.Encoder<byte[]> encoder,
      LimitsConfig limits,
      ConnectContext entrance,
      TransportMetrics metrics) {}

  private static final int BACKLOG = 4096;

  private final Common common;
  private final int anyPort;
  private final NetServer server;
  private final Set<TcpConnection> connections = new HashSet<>();

  /**
   * Does not listen yet.
   *
   * @param anyPort a number below zero, for which Vert.x gives all loops of the node the same free
   *     port
   */
  TcpListener(Common common, int anyPort) {
    this.common = common;
    this.anyPort = anyPort;
    var options =
        new NetServerOptions().setAcceptBacklog(BACKLOG).setTcpNoDelay(true).setTcpKeepAlive(true);
    common.config().tls().applyTo(options);
    server = common.vertx().createNetServer(options).connectHandler(this::accept);
  }

  /**
   * Starts to listen.
   *
   * @return the port in use
   */
  Future<Integer> listen() {
    TcpConfig.Listener config = common.config();
    return server
        .listen(config.port() == 0 ? anyPort : config.port(), config.host())
        .map(NetServer::actualPort)
        .recover(
            failure ->
                Future.failedFuture(
                    new IOException(
                        "can not listen at %s.host %s, %s.port %d: %s"
                            .formatted(
                                config.key(),
                                config.host(),
                                config.key(),
                                config.port(),
                                failure.getMessage()),
                        failure)));
  }

  /** Closes clients that have no session, because the event loop is being drained. */
  void drain() {
    for (TcpConnection connection : List.copyOf(connections)) {
      if (!connection.isNamed()) {
        connection.close(CloseReason.GOING_AWAY);
      }
    }
  }

  /** Closes the port and every connection that is still open. */
  Future<Void> close() {
    for (TcpConnection connection : List.copyOf(connections)) {
      connection.close(CloseReason.GOING_AWAY);
    }
    return server.close();
  }

  private void accept(NetSocket socket) {
    String address = socket.remoteAddress().hostAddress();
    if (latch().isDraining()) {
      turnAway(socket, CloseReason.GOING_AWAY, 0);
      return;
    }
    long wait = common.entrance().admission().enter(address);
    if (wait > 0) {
      turnAway(socket, CloseReason.RATE_LIMITED, wait);
      return;
    }
    open(socket, () -> common.entrance().admission().leave(address));
  }

  private void turnAway(NetSocket socket, CloseReason reason, long retryAfterMs) {
    open(socket, () -> {}).close(reason, retryAfterMs);
  }

  private TcpConnection open(NetSocket socket, Runnable giveBack) {
    var connection =
        new TcpConnection(
            common,
            (NetSocketInternal) socket,
            ended -> {
              connections.remove(ended);
              giveBack.run();
              latch().leave();
            });
    connections.add(connection);
    latch().enter();
    return connection;
  }

  private DrainLatch latch() {
    return common.entrance().latch();
  }
}
