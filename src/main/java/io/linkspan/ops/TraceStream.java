package io.linkspan.ops;

import io.linkspan.time.DeadlineTimer;
import io.linkspan.trace.FrameQueue;
import io.linkspan.trace.TraceListener;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The answer to one watcher, as server-sent events or JSON lines. What a slow watcher does not take
 * waits in a bounded queue; beyond that it is lost, and the watcher receives the number. Used only
 * on the event loop of the management port.
 */
final class TraceStream implements TraceListener {

  /** A watcher that takes nothing for so long is disconnected; milliseconds. */
  private static final long PATIENCE = 60_000;

  private final HttpServerResponse response;
  private final boolean lines;
  private final FrameQueue queue = new FrameQueue();
  private boolean begun;
  private long blockedSince = Long.MAX_VALUE;

  /**
   * Creates the answer; {@link #begin} sends its head.
   *
   * @param lines whether it is JSON lines
   */
  TraceStream(HttpServerResponse response, boolean lines) {
    this.response = response;
    this.lines = lines;
  }

  /**
   * Sends the head and the first event.
   *
   * @param silent nodes that did not confirm
   */
  void begin(List<String> nodes, List<String> silent) {
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, lines ? JsonLines.TYPE : "text/event-stream")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("X-Accel-Buffering", "no")
        .drainHandler(v -> drain());
    JsonObject first =
        new JsonObject()
            .put("kind", "watching")
            .put("nodes", new JsonArray(nodes))
            .put("silent", new JsonArray(silent));
    write(first.encode());
    begun = true;
    drain();
  }

  @Override
  public void frames(List<String> frames, long lost) {
    frames.forEach(queue::add);
    queue.lose(lost);
    drain();
  }

  @Override
  public void nodeChanged(String kind, String node) {
    add(new JsonObject().put("kind", kind).put("node", node));
  }

  @Override
  public void tick() {
    if (DeadlineTimer.now() - blockedSince > PATIENCE) {
      response.reset();
    } else if (begun && !lines && !response.writeQueueFull()) {
      response.write(":\n\n");
    }
  }

  @Override
  public void ended() {
    add(new JsonObject().put("kind", "end").put("reason", "the node stops"));
    begun = false;
    if (!response.closed()) {
      response.end();
    }
  }

  private void add(JsonObject event) {
    queue.add(event.encode());
    drain();
  }

  private void drain() {
    if (!begun || response.closed()) {
      return;
    }
    while (!response.writeQueueFull() && !queue.isEmpty()) {
      String frame = queue.poll();
      write(
          frame == null
              ? new JsonObject().put("kind", "lost").put("lost", queue.takeLost()).encode()
              : frame);
    }
    boolean blocked = response.writeQueueFull();
    blockedSince = blocked ? Math.min(blockedSince, DeadlineTimer.now()) : Long.MAX_VALUE;
  }

  private void write(String json) {
    response.write(lines ? json + '\n' : "data: " + json + "\n\n");
  }
}
