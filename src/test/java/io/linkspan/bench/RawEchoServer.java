package io.linkspan.bench;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.transport.Transport;

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
    int eventLoops = Integer.parseInt(arguments[0]);
    var builder = Vertx.builder().with(new VertxOptions().setEventLoopPoolSize(eventLoops));
    Transport nativeTransport = Transport.nativeTransport();
    if (nativeTransport.available()) {
      builder.withTransport(nativeTransport);
    }
    builder
        .build()
        .deployVerticle(RawEchoServer::new, new DeploymentOptions().setInstances(eventLoops))
        .onFailure(
            failure -> {
              System.err.println(failure.getMessage());
              System.exit(1);
            });
  }

  @Override
  public Future<?> start() {
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setAcceptBacklog(4096)
                    .setHttp2ClearTextEnabled(false)
                    .setPerFrameWebSocketCompressionSupported(false)
                    .setPerMessageWebSocketCompressionSupported(false))
            .webSocketHandler(RawEchoServer::echo);
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
