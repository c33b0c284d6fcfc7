package io.linkspan.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;

/** Serves an HTTP port of this machine below a prefix, as a reverse proxy does. */
public final class PrefixProxy implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";

  private final HttpClient client;
  private final HttpServer server;
  private final String prefix;
  private final int target;

  /**
   * Opens a port.
   *
   * @param prefix such as {@code /ops}, which is removed from the paths
   * @param target the port behind it
   */
  public PrefixProxy(Vertx vertx, String prefix, int target) {
    this.prefix = prefix;
    this.target = target;
    client = vertx.createHttpClient();
    server = vertx.createHttpServer().requestHandler(this::forward);
    TestGateway.await(server.listen(0, LOOPBACK));
  }

  /** Returns the address of the prefix, with a slash at its end. */
  public String address() {
    return "http://" + LOOPBACK + ":" + server.actualPort() + prefix + "/";
  }

  private void forward(HttpServerRequest request) {
    if (!request.uri().startsWith(prefix + "/")) {
      request.response().setStatusCode(404).end();
      return;
    }
    request.pause();
    client
        .request(request.method(), target, LOOPBACK, request.uri().substring(prefix.length()))
        .compose(
            onward -> {
              onward.headers().setAll(request.headers());
              request.response().closeHandler(v -> onward.reset());
              boolean hasBody = request.headers().contains(HttpHeaders.CONTENT_LENGTH);
              return hasBody ? onward.send(request) : onward.send();
            })
        .compose(answer -> answer(request, answer))
        .onFailure(failure -> request.response().reset());
  }

  private static Future<Void> answer(HttpServerRequest request, HttpClientResponse answer) {
    request.response().setStatusCode(answer.statusCode()).headers().setAll(answer.headers());
    return answer.pipeTo(request.response());
  }

  @Override
  public void close() {
    TestGateway.await(server.close());
    TestGateway.await(client.close());
  }
}
