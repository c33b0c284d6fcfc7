package io.linkspan.session.outbox;

import io.linkspan.api.SlowPolicy;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters of what clients that read too slowly do not get, or get later. Shared by all event
 * loops.
 */
public final class SlowMetrics {

  private final LongAdder waiting = new LongAdder();
  private final Counter superseded;
  private final Counter latestDropped;
  private final Counter oldestDropped;
  private final Counter cut;

  /** Creates the counters and registers them. */
  public SlowMetrics(MeterRegistry registry) {
    Gauge.builder("linkspan.slow.waiting", waiting, LongAdder::sum)
        .description("Messages of the policies latest and drop-oldest that wait for slow readers")
        .register(registry);
    superseded = counter(registry, SlowPolicy.LATEST, "superseded");
    latestDropped = counter(registry, SlowPolicy.LATEST, "dropped");
    oldestDropped = counter(registry, SlowPolicy.DROP_OLDEST, "dropped");
    cut = counter(registry, SlowPolicy.CUT, "closed");
  }

  private static Counter counter(MeterRegistry registry, SlowPolicy policy, String effect) {
    return Counter.builder("linkspan.slow.messages")
        .description("Messages that slow readers did not get, or that ended their links")
        .tag("policy", policy.label())
        .tag("effect", effect)
        .register(registry);
  }

  /** A Message waits, or has stopped waiting. */
  void waits(int change) {
    waiting.add(change);
  }

  /** A newer Message with the same key has taken the place of one that waited. */
  void superseded() {
    superseded.increment();
  }

  /** A Message was dropped, since too much waited. */
  void dropped(SlowPolicy policy) {
    (policy == SlowPolicy.LATEST ? latestDropped : oldestDropped).increment();
  }

  /** A Message has ended the link of a slow reader. */
  void cut() {
    cut.increment();
  }
}
