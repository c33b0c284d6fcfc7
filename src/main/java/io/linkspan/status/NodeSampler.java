package io.linkspan.status;

import io.linkspan.memory.MemoryConfig;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencySnapshot;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Reads the state of this node from its metrics. Used only on one event loop. */
final class NodeSampler {

  /** Between two samples; milliseconds. */
  static final long PERIOD = 2_000;

  private static final String CONNECTIONS = "linkspan.connections";
  private static final String CLOSES = "linkspan.closes";
  private static final String DELAY = "linkspan.event.loop.delay";
  private static final String CONNECTS = "linkspan.connects";
  private static final String OUTCOME = "outcome";
  private static final String OWN = "linkspan.";
  private static final String SERVICE = "linkspan.service.";
  private static final String UPSTREAM = "linkspan.upstream.";

  /** Durations that are not those of one service, by their names in the overview. */
  private static final Map<String, Latency> KINDS =
      Map.of(
          "handOver", Latency.HAND_OVER,
          "serviceReply", Latency.SERVICE_REPLY,
          "delivery", Latency.DELIVERY,
          "connect", Latency.CONNECT,
          "resume", Latency.RESUME);

  private final NodeFacts facts;
  private final MeterRegistry registry;
  private final Latencies latencies;
  private final Instant startedAt = Instant.now();
  private final Rates rates = new Rates();
  private final Durations durations = new Durations();

  NodeSampler(NodeFacts facts, MeterRegistry registry, Latencies latencies) {
    this.facts = facts;
    this.registry = registry;
    this.latencies = latencies;
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
        .put("latency", latency())
        .put("loops", loops(meters))
        .put("memory", memory(meters))
        .put("storm", storm(meters, perSecond))
        .put("services", services(meters))
        .put("upstreams", upstreams(meters));
  }

  private JsonObject perSecond(MeterValues meters) {
    Map<String, Double> directions = meters.by("linkspan.messages", "direction");
    JsonObject result = new JsonObject();
    put(result, "in", directions.getOrDefault("in", 0.0));
    put(result, "out", directions.getOrDefault("out", 0.0));
    double attempts = meters.sum(CONNECTS);
    double joined = meters.sum(CONNECTS, OUTCOME, "new") + meters.sum(CONNECTS, OUTCOME, "resumed");
    put(result, "connects", joined);
    put(result, "refused", attempts - joined);
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

  private JsonObject latency() {
    JsonObject latency = new JsonObject();
    KINDS.forEach(
        (name, kind) -> {
          JsonObject durationsOf = new JsonObject();
          durations.putInto(durationsOf, name, latencies.snapshot(kind));
          latency.put(name, durationsOf);
        });
    return latency;
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
    for (String pool : List.of("heap", "direct")) {
      memory.put(
          pool,
          new JsonObject()
              .put("used", used.getOrDefault(pool, 0.0).longValue())
              .put("limit", limit.getOrDefault(pool, 0.0).longValue())
              .put("level", level.getOrDefault(pool, 0.0).intValue()));
    }
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

  private JsonArray services(MeterValues meters) {
    Map<String, Double> unserved = meters.by(SERVICE + "unserved", "service");
    Map<String, LatencySnapshot> replies = latencies.series(Latency.SERVICE_REPLY);
    JsonArray services = new JsonArray();
    for (String name : unserved.keySet()) {
      if (name.startsWith(OWN)) {
        // Upstreams have addresses on the bus as well.
        continue;
      }
      JsonObject service =
          new JsonObject()
              .put("name", name)
              .put("unserved", unserved.get(name).longValue())
              .put("requests", outcomes(meters, SERVICE, "service", name));
      durations.putInto(service, SERVICE + name, replies.getOrDefault(name, LatencySnapshot.NONE));
      services.add(service);
    }
    return services;
  }

  private JsonArray upstreams(MeterValues meters) {
    Map<String, LatencySnapshot> attempts = latencies.series(Latency.UPSTREAM_ATTEMPT);
    JsonArray upstreams = new JsonArray();
    for (String name : meters.by(UPSTREAM + "held", "upstream").keySet()) {
      JsonObject upstream =
          new JsonObject()
              .put("name", name)
              .put("breaker", breaker(meters, name))
              .put("inFlight", ofUpstream(meters, "in.flight", name))
              .put("queued", ofUpstream(meters, "queued", name))
              .put("held", ofUpstream(meters, "held", name))
              .put("retries", ofUpstream(meters, "retries", name))
              .put("requests", outcomes(meters, UPSTREAM, "upstream", name));
      durations.putInto(
          upstream, UPSTREAM + name, attempts.getOrDefault(name, LatencySnapshot.NONE));
      upstreams.add(upstream);
    }
    return upstreams;
  }

  /** Returns the requests of one service by their outcomes. */
  private static JsonObject outcomes(MeterValues meters, String prefix, String tag, String name) {
    JsonObject requests = new JsonObject();
    for (Meter meter : meters.of(prefix + "requests")) {
      double value = MeterValues.value(meter);
      if (name.equals(meter.getId().getTag(tag)) && value > 0) {
        requests.put(meter.getId().getTag(OUTCOME), (long) value);
      }
    }
    return requests;
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

  private static double round(double value) {
    return Math.round(value * 10) / 10.0;
  }
}
