package io.linkspan.bench.peer;

import io.linkspan.api.Message;
import io.linkspan.bench.VertxServer;
import io.linkspan.protocol.frame.LegacyFrame;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.Set;

/**
 * Serves as the baseline of a broadcast: the least that Vert.x does to write one message to all
 * WebSockets, without sessions, groups, heartbeats or acknowledgements. A message is posted to it
 * as to the HTTP API of the gateway.
 */
public final class RawBroadcastServer extends VerticleBase {

  private static final String ALL = "all";

  private final Set<ServerWebSocket> sockets = new HashSet<>();

  /**
   * Serves until the process is killed; prints its port.
   *
   * @param arguments the number of event loops
   */
  public static void main(String[] arguments) {
    VertxServer.run(Integer.parseInt(arguments[0]), RawBroadcastServer::new);
  }

  @Override
  public Future<?> start() {
    vertx
        .eventBus()
        .<Buffer>localConsumer(
            ALL, frame -> sockets.forEach(socket -> socket.writeBinaryMessage(frame.body())));
    HttpServer server =
        vertx
            .createHttpServer(VertxServer.options())
            .webSocketHandler(this::add)
            .requestHandler(this::publish);
    // Below zero, all instances share one free port.
    return server
        .listen(-1, "127.0.0.1")
        .onSuccess(
            listening -> {
              int port = listening.actualPort();
              System.out.println("\"http\":" + port + ",\"management\":" + port);
            });
  }

  private void add(ServerWebSocket socket) {
    sockets.add(socket);
    socket.closeHandler(closed -> sockets.remove(socket));
    socket.frameHandler(acknowledgement -> {});
  }

  private void publish(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              JsonObject json = body.toJsonObject();
              Message message =
                  Message.newBuilder()
                      .setEventId(json.getString("eventId"))
                      .setTo(json.getString("to"))
                      .setType(json.getString("type"))
                      .setBody(json.getString("body"))
                      .build();
              Buffer frame = Buffer.buffer().appendUnsignedShortLE(LegacyFrame.TYPE_MESSAGE);
              vertx.eventBus().publish(ALL, frame.appendBytes(message.toByteArray()));
              request.response().setStatusCode(202).end("{}");
            });
  }
}
