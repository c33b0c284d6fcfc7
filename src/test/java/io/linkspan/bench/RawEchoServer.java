package io.linkspan.bench;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;

/**
 * Serves as the baseline of the gateway: the least that Vert.x does for a WebSocket and for TCP, an
 * echo without sessions, heartbeats or bus.
 */
public final class RawEchoServer extends VerticleBase {

  private HttpServer server;
  private NetServer tcp;

  /**
   * Serves until the process is killed; prints its port.
   *
   * @param arguments the number of event loops
   */
  public static void main(String[] arguments) {
    VertxServer.run(Integer.parseInt(arguments[0]), RawEchoServer::new);
  }

  @Override
  public Future<?> start() {
    server = vertx.createHttpServer(VertxServer.options()).webSocketHandler(RawEchoServer::echo);
    tcp =
        vertx
            .createNetServer(new NetServerOptions().setAcceptBacklog(4096).setTcpNoDelay(true))
            .connectHandler(socket -> socket.handler(socket::write));
    // Below zero, all instances share one free port.
    return Future.all(server.listen(-1, "127.0.0.1"), tcp.listen(-2, "127.0.0.1"))
        .onSuccess(
            v ->
                System.out.println(
                    "\"http\":" + server.actualPort() + ",\"tcp\":" + tcp.actualPort()));
  }

  private static void echo(ServerWebSocket socket) {
    socket.frameHandler(
        frame -> {
          if (frame.isBinary()) {
            socket.writeBinaryMessage(frame.binaryData());
          }
        });
  }
}
