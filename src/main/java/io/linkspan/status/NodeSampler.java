package io.linkspan.status;

import io.linkspan.memory.MemoryConfig;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Reads the state of this node from its metrics. Used only on one event loop. */
final class NodeSampler {

  /** Between two samples; milliseconds. */
  static final long PERIOD = 2_000;

  private static final String CONNECTIONS = "linkspan.connections";
  private static final String CLOSES = "linkspan.closes";
  private static final String DELAY = "linkspan.event.loop.delay";
  private static final String UPSTREAM = "linkspan.upstream.";

  private final NodeFacts facts;
  private final MeterRegistry registry;
  private final Instant startedAt = Instant.now();
  private final Rates rates = new Rates();

  NodeSampler(NodeFacts facts, MeterRegistry registry) {
    this.facts = facts;
    this.registry = registry;
  }

  /**
   * Reads the present state. Rates are those since the reading before.
   *
   * @param now milliseconds of a monotonic clock
   */
  JsonObject sample(long now) {
    MeterValues meters = MeterValues.of(registry);
    rates.begin(now);
    JsonObject perSecond = perSecond(meters);
    return new JsonObject()
        .put("node", facts.id())
        .put("state", facts.state().get())
        .put("version", facts.version())
        .put("startedAt", startedAt.toString())
        .put("at", Instant.now().toString())
        .put("connections", counts(meters.by(CONNECTIONS, "transport")))
        .put("sessions", (long) meters.sum("linkspan.sessions"))
        .put("away", (long) meters.sum("linkspan.sessions.away"))
        .put("pending", (long) meters.sum("linkspan.pending"))
        .put("inFlight", (long) meters.sum("linkspan.in.flight"))
        .put("waiting", (long) meters.sum("linkspan.waiting"))
        .put("perSecond", perSecond)
        .put("closes", counts(meters.by(CLOSES, "reason")))
        .put("errors", counts(meters.by("linkspan.errors", "code")))
        .put("latency", new JsonObject())
        .put("loops", loops(meters))
        .put("memory", memory(meters))
        .put("storm", storm(meters, perSecond))
        .put("upstreams", upstreams(meters));
  }

  private JsonObject perSecond(MeterValues meters) {
    Map<String, Double> directions = meters.by("linkspan.messages", "direction");
    JsonObject result = new JsonObject();
    put(result, "in", directions.getOrDefault("in", 0.0));
    put(result, "out", directions.getOrDefault("out", 0.0));
    // Each attempt is a live connection from then on, or a close.
    put(result, "connects", meters.sum(CONNECTIONS) + meters.sum(CLOSES));
    put(result, "refused", meters.sum("linkspan.revocation.refused"));
    put(result, "closes", meters.sum(CLOSES));
    put(result, "errors", meters.sum("linkspan.errors"));
    return result;
  }

  private void put(JsonObject result, String name, double total) {
    result.put(name, rates.perSecond(name, total));
  }

  /** Returns the counts that are not 0. */
  private static JsonObject counts(Map<String, Double> values) {
    JsonObject counts = new JsonObject();
    values.forEach(
        (name, value) -> {
          if (value != 0) {
            counts.put(name, value.longValue());
          }
        });
    return counts;
  }

  private JsonArray loops(MeterValues meters) {
    Map<String, Double> tasks = meters.by("linkspan.event.loop.tasks", "loop");
    Map<Integer, JsonObject> loops = new TreeMap<>();
    for (Timer delay : meters.timers(DELAY)) {
      String loop = delay.getId().getTag("loop");
      loops.put(
          Integer.valueOf(loop),
          new JsonObject()
              .put("delayMs", meanMs(DELAY + loop, delay))
              .put("maxMs", round(delay.max(TimeUnit.MILLISECONDS)))
              .put("tasks", tasks.getOrDefault(loop, 0.0).longValue()));
    }
    return new JsonArray(new ArrayList<>(loops.values()));
  }

  /** Returns the mean of what a timer has recorded since the reading before. */
  private double meanMs(String name, Timer timer) {
    double count = rates.growth(name + ".count", (double) timer.count());
    double time = rates.growth(name + ".time", timer.totalTime(TimeUnit.MILLISECONDS));
    return count == 0 ? 0 : round(time / count);
  }

  private JsonObject memory(MeterValues meters) {
    Map<String, Double> used = meters.by("linkspan.memory.used.bytes", "memory");
    Map<String, Double> limit = meters.by("linkspan.memory.limit.bytes", "memory");
    Map<String, Double> level = meters.by("linkspan.memory.level", "memory");
    JsonObject memory = new JsonObject();
    used.forEach(
        (pool, bytes) ->
            memory.put(
                pool,
                new JsonObject()
                    .put("used", bytes.longValue())
                    .put("limit", limit.getOrDefault(pool, 0.0).longValue())
                    .put("level", level.getOrDefault(pool, 0.0).intValue())));
    MemoryConfig marks = facts.limits().get().memory();
    return memory
        .put("refuseAt", marks.refuseAt())
        .put("shedAt", marks.shedAt())
        .put("fullAt", marks.fullAt());
  }

  private JsonObject storm(MeterValues meters, JsonObject perSecond) {
    NodeFacts.Limits limits = facts.limits().get();
    double pending = meters.sum("linkspan.pending.links");
    double connects = perSecond.getDouble("connects");
    double refused = perSecond.getDouble("refused");
    return new JsonObject()
        .put("state", Storm.of(connects, refused, pending, limits.pending()).label())
        .put("pending", (long) pending)
        .put("maxPending", limits.pending())
        .put("maxConnections", limits.connections())
        .put("connectsPerAddress", limits.connectsPerAddress())
        .put("connectsPerUser", limits.connectsPerUser())
        .put("banned", (long) meters.sum("linkspan.bans.active", "mode", "enforce"));
  }

  private JsonArray upstreams(MeterValues meters) {
    Set<String> names = new TreeSet<>(meters.by(UPSTREAM + "held", "upstream").keySet());
    JsonArray upstreams = new JsonArray();
    for (String name : names) {
      JsonObject requests = new JsonObject();
      for (Meter meter : meters.of(UPSTREAM + "requests")) {
        double value = MeterValues.value(meter);
        if (name.equals(meter.getId().getTag("upstream")) && value > 0) {
          requests.put(meter.getId().getTag("outcome"), (long) value);
        }
      }
      upstreams.add(
          new JsonObject()
              .put("name", name)
              .put("breaker", breaker(meters, name))
              .put("inFlight", ofUpstream(meters, "in.flight", name))
              .put("queued", ofUpstream(meters, "queued", name))
              .put("held", ofUpstream(meters, "held", name))
              .put("retries", ofUpstream(meters, "retries", name))
              .put("meanMs", attempts(meters, name))
              .put("requests", requests));
    }
    return upstreams;
  }

  private static long ofUpstream(MeterValues meters, String metric, String name) {
    return (long) meters.sum(UPSTREAM + metric, "upstream", name);
  }

  private static String breaker(MeterValues meters, String name) {
    return meters.of(UPSTREAM + "breaker").stream()
        .filter(meter -> name.equals(meter.getId().getTag("upstream")))
        .filter(meter -> MeterValues.value(meter) == 1)
        .map(meter -> meter.getId().getTag("state"))
        .findFirst()
        .orElse("");
  }

  private double attempts(MeterValues meters, String name) {
    return meters.timers(UPSTREAM + "attempt").stream()
        .filter(timer -> name.equals(timer.getId().getTag("upstream")))
        .mapToDouble(timer -> meanMs(UPSTREAM + name, timer))
        .sum();
  }

  private static double round(double value) {
    return Math.round(value * 10) / 10.0;
  }
}
