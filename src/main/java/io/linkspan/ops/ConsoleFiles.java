package io.linkspan.ops;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Serves the pages of the console. They hold no data and need no key; what they show comes from the
 * HTTP API. All their addresses are relative, so that a proxy may add a prefix to the paths.
 */
final class ConsoleFiles {

  private static final String FOLDER = "/console/";
  private static final String PAGE = "index.html";

  private static final List<String> FILES =
      List.of(
          PAGE,
          "console.css",
          "api.js",
          "app.js",
          "blocks.js",
          "charts.js",
          "clients.js",
          "dom.js",
          "events.js",
          "format.js",
          "groups.js",
          "listing.js",
          "live.js",
          "messages.js",
          "overview.js",
          "routes.js",
          "services.js",
          "session.js",
          "settings.js",
          "storm.js",
          "trace.js");

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
          + " data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final BooleanSupplier needsKey;
  private final Map<String, Buffer> contents = new LinkedHashMap<>();
  private final Buffer pageWithKey;

  /**
   * Reads the files from the jar.
   *
   * @param needsKey whether the page asks for a key before its first call; can change
   */
  ConsoleFiles(BooleanSupplier needsKey) {
    this.needsKey = needsKey;
    FILES.forEach(name -> contents.put(name, read(name)));
    String page = contents.get(PAGE).toString();
    pageWithKey = Buffer.buffer(page.replace("<html ", "<html data-key=\"required\" "));
  }

  void addTo(Router router) {
    router.get("/").handler(request -> redirect(request, "console/"));
    router.get("/console").handler(this::addSlash);
    router.get("/console/:file").handler(request -> send(request, request.pathParam("file")));
  }

  /** The page must be below the slash, since its addresses are relative. */
  private void addSlash(RoutingContext request) {
    if (request.request().path().endsWith("/")) {
      send(request, PAGE);
    } else {
      redirect(request, "console/");
    }
  }

  private static void redirect(RoutingContext request, String location) {
    secure(request.response()).setStatusCode(302).putHeader(HttpHeaders.LOCATION, location).end();
  }

  private void send(RoutingContext request, String name) {
    Buffer content =
        name.equals(PAGE) && needsKey.getAsBoolean() ? pageWithKey : contents.get(name);
    if (content == null) {
      Refusal.send(request, 404, "not-found", "the console has no such file");
      return;
    }
    secure(request.response()).putHeader(HttpHeaders.CONTENT_TYPE, type(name)).end(content);
  }

  private static HttpServerResponse secure(HttpServerResponse response) {
    return response
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("Content-Security-Policy", POLICY)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer");
  }

  private static String type(String name) {
    String extension = name.substring(name.lastIndexOf('.'));
    return switch (extension) {
      case ".html" -> "text/html; charset=utf-8";
      case ".css" -> "text/css; charset=utf-8";
      default -> "text/javascript; charset=utf-8";
    };
  }

  private static Buffer read(String name) {
    try (InputStream resource = ConsoleFiles.class.getResourceAsStream(FOLDER + name)) {
      return Buffer.buffer(resource.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("the console is part of the jar", e);
    }
  }
}
