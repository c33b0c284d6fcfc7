package io.linkspan.testing;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Carries TCP connections to a port of this machine, and breaks them on request. */
public final class TcpProxy implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";

  private final Set<NetSocket> sockets = ConcurrentHashMap.newKeySet();
  private final NetClient client;
  private final NetServer server;
  private final int target;
  private volatile boolean broken;

  /** Opens a port in front of another one. */
  public TcpProxy(Vertx vertx, int target) {
    this.target = target;
    client = vertx.createNetClient();
    server = vertx.createNetServer().connectHandler(this::accept);
    TestGateway.await(server.listen(0, LOOPBACK));
  }

  /** Returns the port for clients. */
  public int port() {
    return server.actualPort();
  }

  /** Breaks all connections without a message of any protocol, and new ones until {@link #mend}. */
  public void cut() {
    broken = true;
    sockets.forEach(NetSocket::close);
  }

  /** Accepts connections again. */
  public void mend() {
    broken = false;
  }

  private void accept(NetSocket incoming) {
    if (broken) {
      incoming.close();
      return;
    }
    incoming.pause();
    client
        .connect(target, LOOPBACK)
        .onSuccess(
            onward -> {
              join(incoming, onward);
              join(onward, incoming);
              incoming.resume();
              if (broken) {
                incoming.close();
              }
            })
        .onFailure(refused -> incoming.close());
  }

  private void join(NetSocket from, NetSocket to) {
    sockets.add(from);
    from.handler(to::write);
    from.closeHandler(
        v -> {
          sockets.remove(from);
          to.close();
        });
  }

  @Override
  public void close() {
    cut();
    TestGateway.await(server.close());
    TestGateway.await(client.close());
  }
}
