package io.linkspan.trace;

import java.util.List;

/** Receives what a watcher sees. Called on the event loop of the {@link TraceService}. */
public interface TraceListener {

  /**
   * Frames of the clients that the watcher selected.
   *
   * @param frames JSON objects
   * @param lost frames after these that were lost, since there were too many
   */
  void frames(List<String> frames, long lost);

  /**
   * A node has joined the cluster or has left it.
   *
   * @param kind {@code node-joined} or {@code node-left}
   */
  void nodeChanged(String kind, String node);

  /** Time has passed; called now and then, so that a watcher that is gone is noticed. */
  void tick();

  /** The watch has ended, since this node stops. */
  void ended();
}
