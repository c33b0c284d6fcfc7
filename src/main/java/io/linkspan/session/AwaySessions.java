package io.linkspan.session;

import io.linkspan.connection.CloseReason;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * A shard's sessions without a link, each of which expires when its client does not reconnect in
 * time, or earlier when the node has too many of them. Used only on the shard's event loop.
 */
final class AwaySessions {

  /** While sessions may not expire, they are looked at again after this time; milliseconds. */
  private static final long PAUSE_MS = 1_000;

  private final Scheduler scheduler;
  private final long grace;
  private final int max;
  private final AtomicInteger count;
  private final BooleanSupplier mayExpire;
  private final DeadlineTimer timer;

  /** With the time at which each expires; all wait equally long, so they are in order. */
  private final Map<Session, Long> away = new LinkedHashMap<>();

  /**
   * Creates an empty table.
   *
   * @param grace milliseconds that a session waits for its client
   * @param max sessions of the node; above, the oldest one of this shard expires; 0 is no limit
   * @param count of the node's sessions
   * @param mayExpire false while another shard may own the sessions
   */
  AwaySessions(
      Scheduler scheduler, long grace, int max, AtomicInteger count, BooleanSupplier mayExpire) {
    this.scheduler = scheduler;
    this.grace = grace;
    this.max = max;
    this.count = count;
    this.mayExpire = mayExpire;
    timer = new DeadlineTimer(scheduler, this::onTimer);
  }

  void add(Session session) {
    long expiry = scheduler.now() + grace;
    if (away.put(session, expiry) == null) {
      count.incrementAndGet();
    }
    timer.arm(expiry);
    if (max > 0 && count.get() > max && mayExpire.getAsBoolean()) {
      away.keySet().iterator().next().expire(CloseReason.RATE_LIMITED);
    }
  }

  /** Does nothing when the session is not in the table. */
  void remove(Session session) {
    if (away.remove(session) != null) {
      count.decrementAndGet();
    }
  }

  /** Returns how many sessions of the shard are away. */
  int size() {
    return away.size();
  }

  void stop() {
    timer.cancel();
  }

  private void onTimer() {
    long now = scheduler.now();
    while (!away.isEmpty()) {
      Map.Entry<Session, Long> next = away.entrySet().iterator().next();
      if (next.getValue() > now) {
        timer.arm(next.getValue());
        return;
      }
      if (!mayExpire.getAsBoolean()) {
        timer.arm(now + PAUSE_MS);
        return;
      }
      next.getKey().expire(null);
    }
  }
}
