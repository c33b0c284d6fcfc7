package io.linkspan.transport.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;

/** Answers the requests for some paths of the HTTP port. Used only on its event loop. */
public interface HttpEndpoint {

  /** Prepares for requests; completed when it can take them. */
  default Future<Void> open() {
    return Future.succeededFuture();
  }

  /**
   * Reverts {@link #open} and ends what must end in order. The connections are closed as soon as it
   * is completed.
   */
  default Future<Void> close() {
    return Future.succeededFuture();
  }

  /** Whether requests with this path are for this endpoint. */
  boolean serves(String path);

  /**
   * Answers, or upgrades to a WebSocket. The request is not paused and not yet read.
   *
   * @param client address of the client, which a proxy may have named
   */
  void handle(HttpServerRequest request, SocketAddress client);

  /** Closes clients that no session closes, because the event loop is being drained. */
  default void drain() {
    // Most endpoints have none.
  }
}
