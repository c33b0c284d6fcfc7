package io.linkspan.transport.tcp;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.DrainLatch;
import io.linkspan.admission.PendingLinks;
import io.linkspan.config.ListenException;
import io.linkspan.connection.CloseReason;
import io.linkspan.listener.AcceptGate;
import io.linkspan.listener.CertificateWatch;
import io.linkspan.listener.ClientAddress;
import io.vertx.core.Future;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One framed TCP port on one event loop. All loops of a node listen on the same port, and Vert.x
 * distributes connections among them.
 */
final class TcpListener {

  private static final int BACKLOG = 4096;

  private final TcpConnectionContext common;
  private final NetServer server;
  private final ClientAddress addresses;
  private final AcceptGate gate;
  private final CertificateWatch certificate;
  private final Set<TcpConnection> connections = new HashSet<>();

  /**
   * Creates a listener that does not listen yet.
   *
   * @param anyPort a negative number, for which Vert.x gives all loops of the node the same free
   *     port
   * @param watches whether this instance watches the certificate, for all event loops
   */
  TcpListener(TcpConnectionContext common, int anyPort, boolean watches) {
    this.common = common;
    var options =
        new NetServerOptions().setAcceptBacklog(BACKLOG).setTcpNoDelay(true).setTcpKeepAlive(true);
    TcpConfig.Listener config = common.config();
    options.setHost(config.host()).setPort(config.port() == 0 ? anyPort : config.port());
    config.tls().applyTo(options);
    addresses = new ClientAddress(config.proxy());
    addresses.applyTo(options);
    ConnectPolicy policy = common.entrance().policy();
    gate = new AcceptGate(policy.pending(), policy.offences(), config.proxy());
    gate.guard(common.vertx(), options);
    server = common.vertx().createNetServer(options).connectHandler(this::accept);
    certificate =
        watches
            ? new CertificateWatch(
                common.vertx(),
                config.label(),
                config.tls(),
                options.getSslOptions(),
                server::updateSSLOptions)
            : null;
  }

  /**
   * Starts to listen.
   *
   * @return the port in use
   */
  Future<Integer> listen() {
    TcpConfig.Listener config = common.config();
    return server
        .listen()
        .compose(v -> certificate == null ? Future.succeededFuture() : certificate.start())
        .map(v -> server.actualPort())
        .recover(
            failure ->
                Future.failedFuture(
                    new ListenException(config.key(), config.host(), config.port(), failure)));
  }

  /** Returns what watches the certificate; null on event loops where nothing does. */
  CertificateWatch certificate() {
    return certificate;
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
    if (certificate != null) {
      certificate.stop();
    }
    for (TcpConnection connection : List.copyOf(connections)) {
      connection.close(CloseReason.GOING_AWAY);
    }
    return server.close();
  }

  private void accept(NetSocket socket) {
    SocketAddress remote = addresses.of(socket);
    String address = remote.hostAddress();
    ConnectPolicy policy = common.entrance().policy();
    PendingLinks.Link pending = count((NetSocketInternal) socket, address);
    if (pending == null) {
      // Even an error to each of them costs too much.
      socket.close();
      return;
    }
    try {
      policy.enter(address);
    } catch (ConnectRefusedException refusal) {
      open(socket, remote, pending, () -> {}).close(refusal.reason(), refusal.retryAfterMs());
      return;
    }
    open(socket, remote, pending, () -> policy.leave(address));
  }

  /** Counts a client that a proxy names under its own address; null when it has too many links. */
  @SuppressWarnings("FutureReturnValueIgnored") // a close cannot fail
  private PendingLinks.Link count(NetSocketInternal socket, String address) {
    PendingLinks.Link accepted = gate.take(socket.channelHandlerContext().pipeline());
    if (accepted == null || address.equals(socket.remoteAddress(true).hostAddress())) {
      return accepted;
    }
    accepted.leave();
    try {
      return common
          .entrance()
          .policy()
          .arrive(address, socket.channelHandlerContext().channel()::close);
    } catch (ConnectRefusedException refusal) {
      return null;
    }
  }

  private TcpConnection open(
      NetSocket socket, SocketAddress remote, PendingLinks.Link pending, Runnable release) {
    var connection =
        new TcpConnection(
            common,
            (NetSocketInternal) socket,
            remote.toString(),
            pending,
            ended -> {
              pending.leave();
              connections.remove(ended);
              release.run();
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
