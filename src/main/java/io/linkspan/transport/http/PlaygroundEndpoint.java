package io.linkspan.transport.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;

/** Serves the playground page at {@code /}. */
public final class PlaygroundEndpoint implements HttpEndpoint {

  private static final String RESOURCE = "playground/index.html";

  private final Buffer page;

  private PlaygroundEndpoint(Buffer page) {
    this.page = page;
  }

  /** Reads the page. */
  public static Future<PlaygroundEndpoint> load(Vertx vertx) {
    return vertx.fileSystem().readFile(RESOURCE).map(PlaygroundEndpoint::new);
  }

  @Override
  public boolean serves(String path) {
    return path.equals("/");
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      request.response().setStatusCode(405).putHeader(HttpHeaders.ALLOW, "GET, HEAD").end();
      return;
    }
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(page);
  }
}
