package io.linkspan.transport.engineio;

import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.transport.http.UpgradedConnection;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;

/**
 * One HTTP request of an Engine.IO client. It may have arrived at the event loop of its session, at
 * another one, or at another node. Used on the event loop of the session; listeners are called
 * there, too.
 */
public interface HttpExchange {

  /** Receives the body of a POST. */
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

  /** The {@code Content-Length} header, or −1. */
  long contentLength();

  /**
   * Calls a listener of a request that waits for its answer.
   *
   * @param onAbort called when the client gives up before it has an answer
   * @param onFollowed called when another request waits behind this one, on its connection
   */
  void watch(EventLoop loop, Consumer<HttpExchange> onAbort, Consumer<HttpExchange> onFollowed);

  /** Reads the body. */
  void read(EventLoop loop, BodyListener listener);

  /** Accepts the upgrade. The listeners are called on {@link #home}. */
  void upgrade(Consumer<UpgradedConnection> onUpgraded, Runnable onFailure);

  /** The event loop that a request for an upgrade arrived at. */
  EventLoop home();

  void respond(EngineWrite.Respond<?, ?> answer);

  void refuse(FrontDoor.Refused refused);

  /** Closes the connection without an answer. */
  void abandon();
}
