package io.linkspan.transport.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;

/** What answers below some paths of the HTTP port. Used only on its event loop. */
public interface HttpEndpoint {

  /** Gets ready for requests; done when they may come. */
  default Future<Void> open() {
    return Future.succeededFuture();
  }

  /**
   * Takes back what {@link #open} did, and brings to an end what should not be cut: as soon as it
   * is done, the connections are.
   */
  default Future<Void> close() {
    return Future.succeededFuture();
  }

  /** Whether requests with this path are for this endpoint. */
  boolean serves(String path);

  /** Answers, or upgrades to a WebSocket. The request is not paused and not yet read. */
  void handle(HttpServerRequest request);

  /** Closes clients that no session closes, because the event loop is being drained. */
  default void drain() {
    // Most endpoints have none.
  }
}
