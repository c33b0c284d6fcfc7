package io.linkspan.transport.engineio;

import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.http.Refusal;
import io.linkspan.transport.http.RequestGuard;
import io.linkspan.transport.http.Upgrade;
import io.linkspan.transport.http.UpgradedConnection;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;
import java.util.function.Consumer;

/**
 * A request that arrived at this node. Its methods may be called on the event loop of its session,
 * and listeners are called there; the request itself is used only on its own event loop.
 */
public final class LocalExchange implements HttpExchange {

  /** How long reading goes on when a body was answered before its end, in milliseconds. */
  private static final long LINGER = 5_000;

  private final HttpServerRequest http;
  private final SocketAddress client;
  private final EngineRequest request;
  private final EventLoop home;
  private String remote;
  private boolean paused;
  private boolean ending;

  /**
   * @param client address of the client
   * @param home event loop of the request, which calls this
   */
  public LocalExchange(
      HttpServerRequest http, SocketAddress client, EngineRequest request, EventLoop home) {
    this.http = http;
    this.client = client;
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

  /** Network address of the client, {@code host:port}; one text, which many objects keep. */
  public String remote() {
    if (remote == null) {
      remote = client.toString();
    }
    return remote;
  }

  /** Closes the connection after the answer. Called on the event loop of the request. */
  public void endConnection() {
    ending = true;
  }

  /** Pauses the request until its session has decided about it. */
  public void pause() {
    paused = true;
    http.pause();
  }

  @Override
  public void watch(
      EventLoop loop, Consumer<HttpExchange> onAbort, Consumer<HttpExchange> onFollowed) {
    home.run(
        () -> {
          HttpServerResponse response = http.response();
          if (response.closed()) {
            loop.run(() -> onAbort.accept(this));
          } else {
            response.closeHandler(v -> loop.run(() -> onAbort.accept(this)));
            if (!response.ended()) {
              RequestGuard.whenFollowed(http, () -> loop.run(() -> onFollowed.accept(this)));
            }
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
  public void upgrade(Consumer<UpgradedConnection> onUpgraded, Runnable onFailure) {
    home.run(
        () -> {
          Refusal impossible = Upgrade.check(http);
          if (impossible == null) {
            new Upgrade(home.timers(), http, new UpgradeListener(onUpgraded, onFailure)).accept();
          } else {
            impossible.send(http);
            resume();
            onFailure.run();
          }
        });
  }

  private record UpgradeListener(Consumer<UpgradedConnection> onOpened, Runnable onFailure)
      implements Upgrade.Listener {

    @Override
    public void opened(UpgradedConnection connection) {
      onOpened.accept(connection);
    }

    @Override
    public void failed() {
      onFailure.run();
    }
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

  public void refuse(Refusal refusal) {
    home.run(() -> refusal.send(http));
  }

  /**
   * Refuses the request. Called on the event loop of the request.
   *
   * @return completed as by {@link #write}
   */
  public Future<Void> refuse(EngineError error) {
    return write(error.status(), EngineError.CONTENT_TYPE, null, error.body(), false);
  }

  @Override
  public void abandon() {
    home.run(() -> http.connection().close());
  }

  /**
   * Answers. Called on the event loop of the request.
   *
   * @param contentType null or empty without a body
   * @param allow value of the {@code Allow} header; null or empty to send none
   * @param last whether the connection is closed after the answer
   * @return completed when the answer is written, or can no longer be written
   */
  public Future<Void> write(
      int status, String contentType, String allow, Buffer body, boolean last) {
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
    // An unread body must not keep the next request waiting.
    resume();
    return written;
  }

  /**
   * Reads the rest of the body for a while, then closes. A client whose connection is closed while
   * it sends may lose the answer (RFC 9112, section 9.6).
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
