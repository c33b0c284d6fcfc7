package io.linkspan.transport.socketio;

import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.util.function.Consumer;

/**
 * A request that arrived at this node, perhaps at another event loop than the one of its session:
 * everything here may be called on the session's, and what it calls is called there, but the
 * request itself is touched on its own loop only.
 */
final class LocalExchange implements HttpExchange {

  /** How long a body is read on that was answered before its end, in milliseconds. */
  private static final long LINGER = 5_000;

  private final HttpServerRequest http;
  private final EngineRequest request;
  private final EventLoop home;
  private boolean paused;
  private boolean ending;

  /**
   * @param home the loop of the request, on which this is called
   */
  LocalExchange(HttpServerRequest http, EngineRequest request, EventLoop home) {
    this.http = http;
    this.request = request;
    this.home = home;
  }

  @Override
  public EngineRequest request() {
    return request;
  }

  @Override
  public String origin() {
    return http.getHeader(HttpHeaders.ORIGIN);
  }

  @Override
  public String contentType() {
    return http.getHeader(HttpHeaders.CONTENT_TYPE);
  }

  @Override
  public long contentLength() {
    String length = http.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null ? -1 : Long.parseLong(length);
  }

  /** Address and port of the client. */
  String remote() {
    return http.remoteAddress().toString();
  }

  /** Whatever the answer is, the connection ends behind it. To be called on the request's loop. */
  void endConnection() {
    ending = true;
  }

  /** Holds the request until its session's loop has looked at it. */
  void pause() {
    paused = true;
    http.pause();
  }

  @Override
  public void watch(EventLoop loop, Consumer<HttpExchange> onAbort) {
    home.run(
        () -> {
          HttpServerResponse response = http.response();
          if (response.closed()) {
            loop.run(() -> onAbort.accept(this));
          } else {
            response.closeHandler(v -> loop.run(() -> onAbort.accept(this)));
          }
        });
  }

  @Override
  public void read(EventLoop loop, BodyListener listener) {
    home.run(
        () -> {
          http.handler(chunk -> loop.run(() -> listener.onChunk(this, chunk)));
          http.endHandler(v -> loop.run(() -> listener.onEnd(this)));
          http.exceptionHandler(e -> loop.run(() -> listener.onAbort(this)));
          resume();
        });
  }

  @Override
  public void upgrade(Consumer<ServerWebSocket> onUpgraded, Consumer<Throwable> onFailure) {
    home.run(() -> http.toWebSocket().onComplete(onUpgraded::accept, onFailure::accept));
  }

  @Override
  public EventLoop home() {
    return home;
  }

  @Override
  public void respond(EngineWrite.Respond<?, ?> answer) {
    home.run(
        () -> write(answer.status(), answer.contentType(), null, answer.body(), answer.unread()));
  }

  @Override
  public void refuse(FrontDoor.Refused refused) {
    home.run(
        () ->
            write(refused.status(), refused.contentType(), refused.allow(), refused.body(), false));
  }

  void refuse(Refusal refusal) {
    home.run(() -> refusal.send(http));
  }

  /** To be called on the request's loop; done as {@link #write} is. */
  Future<Void> refuse(EngineError error) {
    return write(error.status(), EngineError.CONTENT_TYPE, null, error.body(), false);
  }

  @Override
  public void abandon() {
    home.run(() -> http.connection().close());
  }

  /**
   * Answers. To be called on the request's loop.
   *
   * @param contentType null or empty without a body
   * @param allow value of the {@code Allow} header; null or empty to send none
   * @param last whether the connection is to end behind the answer
   * @return done when the answer is written, or can not be
   */
  Future<Void> write(int status, String contentType, String allow, Buffer body, boolean last) {
    HttpServerResponse response = http.response();
    if (response.closed() || response.ended()) {
      return Future.succeededFuture();
    }
    response.setStatusCode(status).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    if (isPresent(contentType)) {
      response.putHeader(HttpHeaders.CONTENT_TYPE, contentType);
    }
    if (isPresent(allow)) {
      response.putHeader(HttpHeaders.ALLOW, allow);
    }
    boolean end = last || ending;
    if (end) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    Future<Void> written = response.end(body);
    if (end) {
      linger();
    }
    // A body that nobody asked for must not keep the next request waiting.
    resume();
    return written;
  }

  /**
   * Reads on to the end of the body, for a while, and closes then: an end in the middle of what a
   * client sends would cost it the answer (RFC 9112, section 9.6).
   */
  private void linger() {
    HttpConnection connection = http.connection();
    if (http.isEnded()) {
      connection.close();
      return;
    }
    var timer = new DeadlineTimer(home.vertx(), connection::close);
    timer.arm(DeadlineTimer.now() + LINGER);
    connection.closeHandler(v -> timer.cancel());
    http.handler(chunk -> {});
    http.endHandler(v -> connection.close());
    http.exceptionHandler(e -> connection.close());
  }

  private static boolean isPresent(String value) {
    return value != null && !value.isEmpty();
  }

  private void resume() {
    if (paused) {
      paused = false;
      http.resume();
    }
  }
}
