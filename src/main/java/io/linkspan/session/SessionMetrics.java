package io.linkspan.session;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What the shards of a node count together. Shared by all event loops. */
public final class SessionMetrics {

  final LongAdder sessions = new LongAdder();
  final LongAdder away = new LongAdder();
  final LongAdder pending = new LongAdder();
  final LongAdder pendingBytes = new LongAdder();
  final LongAdder waiting = new LongAdder();
  final LongAdder inFlight = new LongAdder();
  final Counter redelivered;
  final Counter duplicates;
  final Counter resumed;
  final Counter expired;

  public SessionMetrics(MeterRegistry registry) {
    gauge(registry, "linkspan.sessions", "Sessions, with a link or without", sessions);
    gauge(registry, "linkspan.sessions.away", "Sessions that wait for their client", away);
    gauge(registry, "linkspan.pending", "Messages sent to clients and not acknowledged", pending);
    gauge(registry, "linkspan.pending.bytes", "The same in bytes", pendingBytes);
    gauge(
        registry, "linkspan.waiting", "Messages from clients over their in-flight limit", waiting);
    gauge(registry, "linkspan.in.flight", "Messages from clients that have not ended", inFlight);
    redelivered =
        Counter.builder("linkspan.redelivered")
            .description("Messages sent again because no acknowledgement came in time")
            .register(registry);
    duplicates =
        Counter.builder("linkspan.duplicates")
            .description("Messages that clients sent again and that were not passed on")
            .register(registry);
    resumed =
        Counter.builder("linkspan.resumed")
            .description("Sessions that their client took up again")
            .register(registry);
    expired =
        Counter.builder("linkspan.expired")
            .description("Sessions whose client did not come back in time")
            .register(registry);
  }

  /** Sessions of this node. */
  public long sessions() {
    return sessions.sum();
  }

  private static void gauge(MeterRegistry registry, String name, String what, LongAdder value) {
    Gauge.builder(name, value, LongAdder::sum).description(what).register(registry);
  }
}
