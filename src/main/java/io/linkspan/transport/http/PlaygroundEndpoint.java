package io.linkspan.transport.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Serves the playground page at {@code /}. */
public final class PlaygroundEndpoint implements HttpEndpoint {

  private static final String RESOURCE = "/playground/index.html";

  private static final Pattern INLINE =
      Pattern.compile("<(script|style)(?: type=\"module\")?>(.*?)</\\1>", Pattern.DOTALL);

  private final Buffer page;
  private final String policy;

  /**
   * Reads the page from the jar.
   *
   * @param webSocketPath where it finds plain WebSocket
   * @param socketIoPath where it finds Socket.IO
   */
  public PlaygroundEndpoint(String webSocketPath, String socketIoPath) {
    try (InputStream resource = PlaygroundEndpoint.class.getResourceAsStream(RESOURCE)) {
      String html =
          new String(resource.readAllBytes(), StandardCharsets.UTF_8)
              .replace("data-websocket=\"/ws\"", attribute("data-websocket", webSocketPath))
              .replace("data-socketio=\"/socket.io\"", attribute("data-socketio", socketIoPath));
      page = Buffer.buffer(html);
      policy = policy(html);
    } catch (IOException e) {
      throw new UncheckedIOException("the page is part of the jar", e);
    }
  }

  @Override
  public boolean serves(String path) {
    return path.equals("/");
  }

  @Override
  public void handle(HttpServerRequest request, SocketAddress client) {
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      request.response().setStatusCode(405).putHeader(HttpHeaders.ALLOW, "GET, HEAD").end();
      return;
    }
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Content-Security-Policy", policy)
        .end(page);
  }

  private static String attribute(String name, String path) {
    return name + "=\"" + path.replace("&", "&amp;").replace("\"", "&quot;") + '"';
  }

  /**
   * Allows the content of the page itself, by its hash, and scripts and connections of this server.
   */
  private static String policy(String page) {
    String sources =
        INLINE
            .matcher(page)
            .results()
            .map(inline -> inline.group(1) + "-src 'self' 'sha256-" + hash(inline.group(2)) + "'; ")
            .collect(Collectors.joining());
    return "default-src 'none'; "
        + sources
        + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";
  }

  private static String hash(String text) {
    return Sha256.base64(text.getBytes(StandardCharsets.UTF_8));
  }
}
