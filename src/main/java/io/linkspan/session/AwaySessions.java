package io.linkspan.session;

import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Vertx;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A shard's sessions without a link, each of which expires when its client does not come back in
 * time. Used only on the shard's event loop.
 */
final class AwaySessions {

  /** With the time when each is over; all wait equally long, so they are in order. */
  private final Map<Session, Long> away = new LinkedHashMap<>();

  private final long grace;
  private final SessionMetrics metrics;
  private final DeadlineTimer timer;

  /**
   * @param grace milliseconds that a session waits for its client
   */
  AwaySessions(Vertx vertx, long grace, SessionMetrics metrics) {
    this.grace = grace;
    this.metrics = metrics;
    timer = new DeadlineTimer(vertx, this::onTimer);
  }

  void add(Session session) {
    long over = DeadlineTimer.now() + grace;
    away.put(session, over);
    metrics.away.increment();
    timer.arm(over);
  }

  /** Harmless when it is none of them. */
  void remove(Session session) {
    if (away.remove(session) != null) {
      metrics.away.decrement();
    }
  }

  void stop() {
    timer.cancel();
  }

  private void onTimer() {
    long now = DeadlineTimer.now();
    while (!away.isEmpty()) {
      Map.Entry<Session, Long> next = away.entrySet().iterator().next();
      if (next.getValue() > now) {
        timer.arm(next.getValue());
        return;
      }
      next.getKey().expire(null);
    }
  }
}
