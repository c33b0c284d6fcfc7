package io.linkspan.telemetry.otel;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The spans of a node that have not ended: so many at most, and each for a bounded time. Shared by
 * all event loops. Times are arguments, in nanoseconds of a monotonic clock.
 */
final class OpenSpans {

  /** A span that has not ended. */
  interface OpenSpan {

    /** Returns when it began, in nanoseconds of the monotonic clock. */
    long begun();

    /** Ends without an outcome. */
    void abandon();
  }

  private final int max;
  private final long longest;
  private final Set<OpenSpan> spans = ConcurrentHashMap.newKeySet();

  /** The time before which no span has been open for too long. */
  private volatile long nextSweep;

  /**
   * Creates an empty set.
   *
   * @param longest nanoseconds after which a span ends without an outcome, when there are too many
   */
  OpenSpans(int max, long longest, long now) {
    this.max = max;
    this.longest = longest;
    nextSweep = now + longest;
  }

  /** Returns whether one more span may begin. */
  boolean hasRoom(long now) {
    if (spans.size() >= max && now - nextSweep >= 0) {
      nextSweep = now + longest;
      for (OpenSpan span : spans) {
        if (now - span.begun() >= longest) {
          span.abandon();
        }
      }
    }
    return spans.size() < max;
  }

  void add(OpenSpan span) {
    spans.add(span);
  }

  void remove(OpenSpan span) {
    spans.remove(span);
  }

  int size() {
    return spans.size();
  }

  /** Ends all of them. */
  void abandonAll() {
    spans.forEach(OpenSpan::abandon);
  }
}
