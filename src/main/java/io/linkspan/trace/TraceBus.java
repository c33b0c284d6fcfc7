package io.linkspan.trace;

import io.linkspan.wire.TraceFrames;
import io.vertx.core.Future;

/** Carries frames from a shard to the node of a watcher. */
public interface TraceBus {

  /**
   * Sends frames.
   *
   * @param watcher bus address of the watcher's node
   * @return completes when the node has them; fails within a bounded time when it does not answer
   */
  Future<?> send(String watcher, TraceFrames frames);
}
