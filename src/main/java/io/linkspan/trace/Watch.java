package io.linkspan.trace;

import io.linkspan.time.Scheduler;
import io.linkspan.wire.TraceFrames;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends the frames of one shard to one watcher, in batches: the next one leaves when the watcher's
 * node has confirmed the last one, so that the bus holds one batch at most. Used only on the
 * shard's event loop.
 */
final class Watch {

  private static final int BATCH_LENGTH = 64 << 10;

  private final String id;
  private final String watcher;
  private final TraceFilter filter;
  private final TraceBus bus;
  private final Scheduler scheduler;
  private final FrameQueue queue = new FrameQueue();
  private boolean sending;

  /** When it ends unless it is renewed, on the scheduler's clock. */
  private long until;

  /**
   * Creates a watch.
   *
   * @param watcher bus address of the watcher's node
   */
  Watch(String id, String watcher, TraceFilter filter, TraceBus bus, Scheduler scheduler) {
    this.id = id;
    this.watcher = watcher;
    this.filter = filter;
    this.bus = bus;
    this.scheduler = scheduler;
  }

  TraceFilter filter() {
    return filter;
  }

  long until() {
    return until;
  }

  void renew(long deadline) {
    until = deadline;
  }

  /** Sends a frame to the watcher, or loses it when too many wait. */
  void add(String frame) {
    queue.add(frame);
    if (!sending) {
      sending = true;
      scheduler.defer(this::send);
    }
  }

  private void send() {
    List<String> batch = new ArrayList<>();
    int length = 0;
    for (String frame; length < BATCH_LENGTH && (frame = queue.poll()) != null; ) {
      batch.add(frame);
      length += frame.length();
    }
    long lost = length < BATCH_LENGTH ? queue.takeLost() : 0;
    bus.send(
            watcher,
            TraceFrames.newBuilder().setWatch(id).addAllFrames(batch).setLost(lost).build())
        .onComplete(v -> sent(), failure -> unsent(batch.size() + lost));
  }

  private void sent() {
    sending = !queue.isEmpty();
    if (sending) {
      send();
    }
  }

  /** The lease ends the watch if its node is gone. */
  private void unsent(long count) {
    sending = false;
    queue.lose(count);
  }
}
