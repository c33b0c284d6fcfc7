package io.linkspan.transport.socketio;

import io.linkspan.transport.http.HttpEndpoint;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;

/**
 * Serves the JavaScript client of Socket.IO to web pages, below the path of the endpoint, as the
 * reference server does. Shared by the event loops of a node.
 */
public final class ClientFiles implements HttpEndpoint {

  private static final String VERSION = "4.8.4";
  private static final String ETAG = '"' + VERSION + '"';
  private static final String FOLDER = "/third-party/socket.io-client-" + VERSION + "/";

  /** Names in requests, and the files for them. The plain name is the minified file too. */
  private static final Map<String, String> FILES =
      Map.of(
          "socket.io.js", "socket.io.min.js",
          "socket.io.js.map", "socket.io.min.js.map",
          "socket.io.min.js", "socket.io.min.js",
          "socket.io.min.js.map", "socket.io.min.js.map",
          "socket.io.esm.min.js", "socket.io.esm.min.js",
          "socket.io.esm.min.js.map", "socket.io.esm.min.js.map",
          "socket.io.msgpack.min.js", "socket.io.msgpack.min.js",
          "socket.io.msgpack.min.js.map", "socket.io.msgpack.min.js.map");

  private final String folder;
  private final Map<String, Content> contents = new ConcurrentHashMap<>();

  /** The content of a file, also compressed. */
  private record Content(Buffer plain, Buffer gzip) {}

  /**
   * @param path of the Socket.IO endpoint, without its last slash
   */
  public ClientFiles(String path) {
    folder = path + '/';
  }

  @Override
  public boolean serves(String path) {
    return path.startsWith(folder) && FILES.containsKey(path.substring(folder.length()));
  }

  @Override
  public void handle(HttpServerRequest request, SocketAddress client) {
    HttpServerResponse response = request.response();
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      response.setStatusCode(405).putHeader(HttpHeaders.ALLOW, "GET, HEAD").end();
      return;
    }
    response
        .putHeader(HttpHeaders.ETAG, ETAG)
        .putHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=0")
        .putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING)
        // Pages of any origin may import the module. It is the same for everyone.
        .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    if (isCurrent(request.headers().get(HttpHeaders.IF_NONE_MATCH))) {
      response.setStatusCode(304).end();
      return;
    }
    String file = FILES.get(request.path().substring(folder.length()));
    String type = file.endsWith(".map") ? "application/json" : "application/javascript";
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, type + "; charset=utf-8")
        .putHeader("X-Content-Type-Options", "nosniff");
    // Read once, from the jar.
    Content content = contents.computeIfAbsent(file, ClientFiles::read);
    if (acceptsGzip(request.headers().get(HttpHeaders.ACCEPT_ENCODING))) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, "gzip").end(content.gzip());
    } else {
      response.end(content.plain());
    }
  }

  /** Compares entity tags weakly, as a GET does (RFC 9110, section 13.1.2). */
  private static boolean isCurrent(String ifNoneMatch) {
    if (ifNoneMatch == null) {
      return false;
    }
    for (String tag : ifNoneMatch.split(",", -1)) {
      String opaque = tag.strip();
      if (opaque.equals("*") || opaque.equals(ETAG) || opaque.equals("W/" + ETAG)) {
        return true;
      }
    }
    return false;
  }

  private static boolean acceptsGzip(String acceptEncoding) {
    if (acceptEncoding == null) {
      return false;
    }
    for (String coding : acceptEncoding.split(",", -1)) {
      String compact = coding.replaceAll("\\s", "");
      if (compact.matches("(?i)gzip(;q=(?!0(\\.0*)?$).*)?")) {
        return true;
      }
    }
    return false;
  }

  private static Content read(String file) {
    try (InputStream resource = ClientFiles.class.getResourceAsStream(FOLDER + file)) {
      byte[] plain = resource.readAllBytes();
      var compressed = new ByteArrayOutputStream();
      try (var gzip = new GZIPOutputStream(compressed)) {
        gzip.write(plain);
      }
      return new Content(Buffer.buffer(plain), Buffer.buffer(compressed.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException("the file is part of the jar", e);
    }
  }
}
