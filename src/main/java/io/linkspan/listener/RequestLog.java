package io.linkspan.listener;

import io.linkspan.connection.AccessLog;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;

/** Writes the access log of the requests of one listener. */
public final class RequestLog {

  private final String listener;

  /**
   * @param listener its name in the log
   */
  public RequestLog(String listener) {
    this.listener = listener;
  }

  /**
   * Writes the line of a request when it is answered, or when its connection has closed.
   *
   * @param remote the client's address, which a proxy may have given
   */
  public void watch(HttpServerRequest request, SocketAddress remote) {
    if (!AccessLog.isOn()) {
      return;
    }
    long begunAt = System.currentTimeMillis();
    HttpServerResponse response = request.response();
    // Vert.x calls it when the response has ended, when the connection closes before that, and when
    // it has lost the connection to another protocol.
    response.endHandler(
        v ->
            AccessLog.answered(
                listener,
                remote.hostAddress(),
                request.method().name(),
                request.path(),
                isAnswered(response) ? response.getStatusCode() : 0,
                response.bytesWritten(),
                begunAt));
  }

  private static boolean isAnswered(HttpServerResponse response) {
    return response.ended()
        || response.getStatusCode() == HttpResponseStatus.SWITCHING_PROTOCOLS.code();
  }
}
