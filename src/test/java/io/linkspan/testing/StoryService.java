package io.linkspan.testing;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP service that answers with an event stream whose part N is {@code part N}. */
public final class StoryService implements AutoCloseable {

  private final HttpService service = HttpService.start(0);
  private final Map<String, Integer> calls = new ConcurrentHashMap<>();

  /**
   * Starts a service.
   *
   * @param parts of each answer
   * @param pauseMs between two parts
   */
  public StoryService(int parts, int pauseMs) {
    service.on(
        "/story",
        request -> {
          calls.merge(request.header("Idempotency-Key"), 1, Integer::sum);
          HttpServerResponse response = request.request().response();
          response.exceptionHandler(broken -> {});
          response.putHeader("Content-Type", "text/event-stream").setChunked(true);
          Vertx vertx = Vertx.currentContext().owner();
          AtomicInteger next = new AtomicInteger();
          vertx.setPeriodic(
              1,
              pauseMs,
              timer -> {
                if (response.closed()) {
                  vertx.cancelTimer(timer);
                } else if (next.get() < parts) {
                  response.write("data: part " + next.getAndIncrement() + "\n\n");
                } else {
                  vertx.cancelTimer(timer);
                  response.end();
                }
              });
        });
  }

  /** Returns the address for a route. */
  public String url() {
    return "http://127.0.0.1:" + service.port() + "/story";
  }

  /** Returns how often the service was called for each request, by its eventId. */
  public Map<String, Integer> calls() {
    return calls;
  }

  @Override
  public void close() {
    service.close();
  }
}
