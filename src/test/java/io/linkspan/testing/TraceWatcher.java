package io.linkspan.testing;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Watches a live trace, or another stream of events, of the HTTP API. */
public final class TraceWatcher implements AutoCloseable {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final InputStream body;
  private final BufferedReader reader;
  private final List<JsonObject> seen = new ArrayList<>();

  private TraceWatcher(InputStream body) {
    this.body = body;
    reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
  }

  /**
   * Begins a trace; returns when all nodes have it.
   *
   * @param query such as {@code user=alice}
   */
  public static TraceWatcher open(int port, String query) {
    TraceWatcher watcher = openAt(port, "/v1/trace?" + query);
    watcher.await("watching");
    return watcher;
  }

  /** Begins to read the stream at a path. */
  public static TraceWatcher openAt(int port, String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    try {
      HttpResponse<InputStream> response = HTTP.send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        throw new AssertionError(
            response.statusCode()
                + " "
                + new String(response.body().readAllBytes(), StandardCharsets.UTF_8));
      }
      return new TraceWatcher(response.body());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads until the next event; null at the end of the stream. */
  public JsonObject next() {
    try {
      for (String line; (line = reader.readLine()) != null; ) {
        String json = line.startsWith("data: ") ? line.substring("data: ".length()) : line;
        if (json.startsWith("{")) {
          JsonObject event = new JsonObject(json);
          seen.add(event);
          return event;
        }
      }
      return null;
    } catch (IOException e) {
      throw new AssertionError("the trace failed after " + seen, e);
    }
  }

  /** Reads until an event that fulfils a condition, and returns it. */
  public JsonObject await(Predicate<JsonObject> condition) {
    for (JsonObject event; (event = next()) != null; ) {
      if (condition.test(event)) {
        return event;
      }
    }
    throw new AssertionError("the trace ended: " + seen);
  }

  /** Reads until an event of a kind, and returns it. */
  public JsonObject await(String kind) {
    return await(event -> event.getString("kind").equals(kind));
  }

  /** Reads until an event of a kind and direction that names this eventId, and returns it. */
  public JsonObject await(String direction, String kind, String eventId) {
    return await(
        event ->
            kind.equals(event.getString("kind"))
                && direction.equals(event.getString("direction"))
                && eventId.equals(event.getString("eventId")));
  }

  /** Returns all events so far. */
  public List<JsonObject> seen() {
    return List.copyOf(seen);
  }

  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
