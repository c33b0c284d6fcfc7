package io.linkspan.testing;

import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** A story at {@code /story} of an HTTP service: an event stream of numbered parts. */
public final class HttpStory {

  private HttpStory() {}

  /** Adds it to a service, and counts its calls. */
  public static void addTo(HttpService service, int parts, AtomicInteger calls) {
    service.on(
        "/story",
        post -> {
          calls.incrementAndGet();
          HttpServerResponse response = post.request().response();
          response.exceptionHandler(closed -> {});
          response.putHeader("Content-Type", "text/event-stream").setChunked(true);
          IntStream.range(0, parts).forEach(part -> response.write("data: part " + part + "\n\n"));
          response.end();
        });
  }
}
