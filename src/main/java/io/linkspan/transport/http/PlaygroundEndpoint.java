package io.linkspan.transport.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Serves the playground page at {@code /}. */
public final class PlaygroundEndpoint implements HttpEndpoint {

  private static final String RESOURCE = "/playground/index.html";

  private final Buffer page;

  /** Reads the page from the jar. */
  public PlaygroundEndpoint() {
    try (InputStream resource = PlaygroundEndpoint.class.getResourceAsStream(RESOURCE)) {
      page = Buffer.buffer(resource.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("the page is part of the jar", e);
    }
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
