package io.linkspan.transport.socketio;

import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.util.function.Consumer;

/**
 * One request of an Engine.IO client, as its session sees it, wherever it arrived: at this event
 * loop, at another, or at another node. Used on the session's loop, and what it calls is called
 * there.
 */
interface HttpExchange {

  /** Takes the body of a POST. */
  interface BodyListener {
    void onChunk(HttpExchange exchange, Buffer chunk);

    void onEnd(HttpExchange exchange);

    void onAbort(HttpExchange exchange);
  }

  EngineRequest request();

  /** The {@code Origin} header, or null. */
  String origin();

  /** The {@code Content-Type} header, or null. */
  String contentType();

  /** Bytes of the body as the client announced them; −1 when it did not. */
  long contentLength();

  /** Watches a poll that is held: its client may give up. */
  void watch(EventLoop loop, Consumer<HttpExchange> onAbort);

  /** Reads the body. */
  void read(EventLoop loop, BodyListener listener);

  /** Answers the upgrade; what is told of it is told on {@link #home}. */
  void upgrade(Consumer<ServerWebSocket> onUpgraded, Consumer<Throwable> onFailure);

  /** The loop at which a request for an upgrade arrived. */
  EventLoop home();

  void respond(EngineWrite.Respond<?, ?> answer);

  void refuse(FrontDoor.Refused refused);

  /** Cuts the connection without an answer. */
  void abandon();
}
