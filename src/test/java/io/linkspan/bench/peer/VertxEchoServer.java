package io.linkspan.bench.peer;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;

/** Echoes WebSocket messages by Vert.x's own WebSocket, for the Autobahn test suite. */
public final class VertxEchoServer {

  private static final int MAX_BYTES = 32 << 20;

  private VertxEchoServer() {}

  /** Starts a server on the port that is the argument, at any address. */
  public static void main(String[] arguments) {
    var options =
        new HttpServerOptions()
            .setMaxWebSocketFrameSize(MAX_BYTES)
            .setMaxWebSocketMessageSize(MAX_BYTES);
    Vertx.vertx()
        .createHttpServer(options)
        .webSocketHandler(VertxEchoServer::echo)
        .listen(Integer.parseInt(arguments[0]), "0.0.0.0")
        .await();
  }

  private static void echo(ServerWebSocket socket) {
    socket.textMessageHandler(socket::writeTextMessage);
    socket.binaryMessageHandler((Buffer message) -> socket.writeBinaryMessage(message));
  }
}
