package io.linkspan.ops;

import io.linkspan.status.StatusListener;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/**
 * The answer to one watcher of the status, as server-sent events. It is skipped while it does not
 * read. Used only on the event loop of the management port.
 */
final class StatusStream implements StatusListener {

  /** A watcher that takes nothing for so long is disconnected; milliseconds. */
  private static final long PATIENCE = 60_000;

  private final HttpServerResponse response;
  private long readyAt = DeadlineTimer.now();

  /** Creates the answer; {@link #begin} sends its head. */
  StatusStream(HttpServerResponse response) {
    this.response = response;
  }

  /** Sends the head. */
  void begin() {
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("X-Accel-Buffering", "no")
        .write(":\n\n");
  }

  @Override
  public boolean ready() {
    return response.headWritten() && !response.closed() && !response.writeQueueFull();
  }

  @Override
  public void receive(String json) {
    response.write("data: " + json + "\n\n");
  }

  @Override
  public void tick() {
    long now = DeadlineTimer.now();
    if (ready()) {
      readyAt = now;
      response.write(":\n\n");
    } else if (now - readyAt > PATIENCE) {
      response.reset();
    }
  }

  @Override
  public void ended() {
    if (!response.closed()) {
      response.end();
    }
  }
}
