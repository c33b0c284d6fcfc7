package io.linkspan.transport.http;

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
 * Serves scripts of the jar to web pages of any origin, with an entity tag and compressed for
 * clients that accept gzip. Shared by the event loops of a node.
 */
public final class ScriptFiles implements HttpEndpoint {

  private final String folder;
  private final String resources;
  private final Map<String, String> files;
  private final String version;
  private final Map<String, Content> contents = new ConcurrentHashMap<>();

  /** The content of a file, also compressed. */
  private record Content(String tag, Buffer plain, Buffer gzip) {}

  /**
   * Serves files, each of which is read at the first request for it.
   *
   * @param folder the start of the paths, with a slash at its end
   * @param resources folder of the jar, with a slash at its end
   * @param files names in requests, and the files for them
   * @param version of the files, their entity tag; empty: each has one of its content
   */
  public ScriptFiles(String folder, String resources, Map<String, String> files, String version) {
    this.folder = folder;
    this.resources = resources;
    this.files = Map.copyOf(files);
    this.version = version;
  }

  /** Serves the client for plain WebSockets, with its types, at {@code /linkspan.js}. */
  public static ScriptFiles linkspanClient() {
    return new ScriptFiles(
        "/",
        "/clients/",
        Map.of("linkspan.js", "linkspan.js", "linkspan.d.ts", "linkspan.d.ts"),
        "");
  }

  @Override
  public boolean serves(String path) {
    return path.startsWith(folder) && files.containsKey(path.substring(folder.length()));
  }

  @Override
  public void handle(HttpServerRequest request, SocketAddress client) {
    HttpServerResponse response = request.response();
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      response.setStatusCode(405).putHeader(HttpHeaders.ALLOW, "GET, HEAD").end();
      return;
    }
    String file = files.get(request.path().substring(folder.length()));
    Content content = contents.computeIfAbsent(file, this::read);
    response
        .putHeader(HttpHeaders.ETAG, content.tag())
        .putHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=0")
        .putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING)
        // Pages of any origin may import the module. It is the same for everyone.
        .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    if (isCurrent(request.headers().get(HttpHeaders.IF_NONE_MATCH), content.tag())) {
      response.setStatusCode(304).end();
      return;
    }
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, type(file) + "; charset=utf-8")
        .putHeader("X-Content-Type-Options", "nosniff");
    if (acceptsGzip(request.headers().get(HttpHeaders.ACCEPT_ENCODING))) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, "gzip").end(content.gzip());
    } else {
      response.end(content.plain());
    }
  }

  private static String type(String file) {
    String extension = file.substring(file.lastIndexOf('.'));
    return switch (extension) {
      case ".map" -> "application/json";
      case ".ts" -> "text/plain";
      default -> "application/javascript";
    };
  }

  /** Compares entity tags weakly, as a GET does (RFC 9110, section 13.1.2). */
  private static boolean isCurrent(String ifNoneMatch, String current) {
    if (ifNoneMatch == null) {
      return false;
    }
    for (String tag : ifNoneMatch.split(",", -1)) {
      String opaque = tag.strip();
      if (opaque.equals("*") || opaque.equals(current) || opaque.equals("W/" + current)) {
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

  private Content read(String file) {
    try (InputStream resource = ScriptFiles.class.getResourceAsStream(resources + file)) {
      byte[] plain = resource.readAllBytes();
      var compressed = new ByteArrayOutputStream();
      try (var gzip = new GZIPOutputStream(compressed)) {
        gzip.write(plain);
      }
      String tag = version.isEmpty() ? Sha256.base64(plain) : version;
      return new Content(
          '"' + tag + '"', Buffer.buffer(plain), Buffer.buffer(compressed.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException("the file is part of the jar", e);
    }
  }
}
