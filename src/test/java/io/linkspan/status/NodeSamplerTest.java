package io.linkspan.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.memory.MemoryConfig;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NodeSamplerTest {

  private static final NodeFacts.Limits LIMITS =
      new NodeFacts.Limits(1_000, 100, 20, 5, new MemoryConfig(0, 0, 80, 90, 95));

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final Latencies latencies = new Latencies();
  private final NodeSampler sampler =
      new NodeSampler(new NodeFacts("n1", "1.0", () -> "ready", () -> LIMITS), registry, latencies);

  private Counter messages(String direction, String transport) {
    return registry.counter("linkspan.messages", "direction", direction, "transport", transport);
  }

  @Test
  void ratesAreThoseSinceTheReadingBefore() {
    messages("in", "tcp").increment(1_000);
    assertThat(sampler.sample(5_000).getJsonObject("perSecond").getDouble("in")).isZero();
    messages("in", "tcp").increment(10);
    messages("in", "enet").increment(5);
    messages("out", "tcp").increment(1);
    JsonObject rates = sampler.sample(7_000).getJsonObject("perSecond");
    assertThat(rates.getDouble("in")).isEqualTo(7.5);
    assertThat(rates.getDouble("out")).isEqualTo(0.5);
    assertThat(sampler.sample(9_000).getJsonObject("perSecond").getDouble("in")).isZero();
  }

  @Test
  void aNodeWithoutMetersHasZeros() {
    JsonObject sample = sampler.sample(0);
    assertThat(sample.getString("node")).isEqualTo("n1");
    assertThat(sample.getString("state")).isEqualTo("ready");
    assertThat(sample.getInteger("sessions")).isZero();
    assertThat(sample.getJsonArray("loops")).isEmpty();
    assertThat(sample.getJsonArray("upstreams")).isEmpty();
    assertThat(sample.getJsonObject("storm").getString("state")).isEqualTo("quiet");
    assertThat(sample.getJsonObject("memory").getInteger("shedAt")).isEqualTo(90);
  }

  @Test
  void loopsAreInOrderWithTheirMeanDelay() {
    for (int loop : new int[] {10, 2}) {
      Timer delay = registry.timer("linkspan.event.loop.delay", "loop", Integer.toString(loop));
      sampler.sample(0);
      delay.record(Duration.ofMillis(loop));
      delay.record(Duration.ofMillis(3L * loop));
    }
    JsonObject sample = sampler.sample(2_000);
    assertThat(sample.getJsonArray("loops").getJsonObject(0).getDouble("maxMs")).isEqualTo(6.0);
    assertThat(sample.getJsonArray("loops").getJsonObject(0).getDouble("delayMs")).isEqualTo(4.0);
    assertThat(sample.getJsonArray("loops").getJsonObject(1).getDouble("maxMs")).isEqualTo(30.0);
  }

  @Test
  void upstreamsHaveTheirBreakerAndRequests() {
    var held = new AtomicInteger(7);
    Gauge.builder("linkspan.upstream.held", held, AtomicInteger::get)
        .tag("upstream", "shop")
        .register(registry);
    for (String state : new String[] {"closed", "open"}) {
      Gauge.builder("linkspan.upstream.breaker", held, h -> state.equals("open") ? 1 : 0)
          .tag("upstream", "shop")
          .tag("state", state)
          .register(registry);
    }
    registry.counter("linkspan.upstream.requests", "upstream", "shop", "outcome", "answered");
    registry
        .counter("linkspan.upstream.requests", "upstream", "shop", "outcome", "timeout")
        .increment(3);
    JsonObject shop = sampler.sample(0).getJsonArray("upstreams").getJsonObject(0);
    assertThat(shop.getString("breaker")).isEqualTo("open");
    assertThat(shop.getInteger("held")).isEqualTo(7);
    assertThat(shop.getJsonObject("requests").encode()).isEqualTo("{\"timeout\":3}");
  }

  @Test
  void connectsAndRefusalsAreToldApartByTheirOutcome() {
    for (String outcome : new String[] {"new", "resumed", "rate-limited", "forbidden"}) {
      registry.counter("linkspan.connects", "outcome", outcome, "transport", "tcp").increment();
    }
    sampler.sample(0);
    registry.counter("linkspan.connects", "outcome", "new", "transport", "tcp").increment(20);
    registry.counter("linkspan.connects", "outcome", "forbidden", "transport", "tcp").increment(6);
    JsonObject sample = sampler.sample(1_000);
    assertThat(sample.getJsonObject("perSecond").getDouble("connects")).isEqualTo(20.0);
    assertThat(sample.getJsonObject("perSecond").getDouble("refused")).isEqualTo(6.0);
    assertThat(sample.getJsonObject("storm").getString("state")).isEqualTo("storm");
  }

  @Test
  void percentilesAreThoseOfTheLastMinute() {
    LatencyHistogram connects = latencies.add(Latency.CONNECT, "tcp");
    connects.record(Duration.ofSeconds(20).toNanos());
    JsonObject first = sampler.sample(0).getJsonObject("latency").getJsonObject("connect");
    assertThat(first.getInteger("count")).isEqualTo(1);
    assertThat(first.getDouble("p99Ms")).isGreaterThan(10_000);
    for (int i = 1; i <= Durations.READINGS; i++) {
      connects.record(Duration.ofMillis(3).toNanos());
      sampler.sample(i * NodeSampler.PERIOD);
    }
    JsonObject later =
        sampler
            .sample((Durations.READINGS + 1) * NodeSampler.PERIOD)
            .getJsonObject("latency")
            .getJsonObject("connect");
    assertThat(later.getInteger("count")).isLessThanOrEqualTo(Durations.READINGS);
    assertThat(later.getDouble("p99Ms")).isBetween(1.0, 10.0);
    JsonObject none = sampler.sample(0).getJsonObject("latency").getJsonObject("resume");
    assertThat(none.encode()).isEqualTo("{\"count\":0}");
  }

  @Test
  void servicesHaveTheirRequestsAndPercentiles() {
    registry.counter("linkspan.service.unserved", "service", "linkspan.upstream.0").increment();
    registry.counter("linkspan.service.unserved", "service", "shop").increment(2);
    registry.counter("linkspan.service.requests", "service", "shop", "outcome", "unavailable");
    registry
        .counter("linkspan.service.requests", "service", "shop", "outcome", "answered")
        .increment(5);
    latencies.add(Latency.SERVICE_REPLY, "shop").record(Duration.ofMillis(3).toNanos());
    JsonObject shop = sampler.sample(0).getJsonArray("services").getJsonObject(0);
    assertThat(shop.getInteger("unserved")).isEqualTo(2);
    assertThat(shop.getJsonObject("requests").encode()).isEqualTo("{\"answered\":5}");
    assertThat(shop.getInteger("count")).isEqualTo(1);
    assertThat(shop.getDouble("p50Ms")).isBetween(1.0, 10.0);
  }
}
