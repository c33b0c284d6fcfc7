package io.linkspan.ops;

import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryPool;
import io.linkspan.memory.MemoryUse;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the memory budget: metrics, a line in the log whenever a level is crossed, and the
 * reason why the node is not ready. Measures the direct memory regularly. Shared by all event
 * loops.
 */
public final class MemoryMonitor implements MemoryBudget.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryMonitor.class);
  private static final long PERIOD_MS = 100;
  private static final int LARGEST_USES = 3;
  private static final long KIB = 1 << 10;

  private final Vertx vertx;
  private final MemoryBudget budget;
  private long timer;

  /** Registers the metrics; {@link #start} begins to measure. */
  public MemoryMonitor(Vertx vertx, MemoryBudget budget, MeterRegistry registry) {
    this.vertx = vertx;
    this.budget = budget;
    for (MemoryPool pool : pools()) {
      gauge(
          registry,
          pool,
          "limit.bytes",
          "Bytes that clients may make the node hold",
          MemoryPool::limit);
      gauge(
          registry, pool, "used.bytes", "Bytes that the node holds for clients", MemoryPool::used);
      gauge(
          registry,
          pool,
          "level",
          "0 normal, 1 refusing new clients, 2 shedding, 3 full",
          p -> p.level().rank());
    }
    for (MemoryUse use : MemoryUse.values()) {
      Gauge.builder("linkspan.memory.charged.bytes", budget, b -> b.charged(use))
          .description("Bytes of the heap that are charged to clients, by use")
          .tag("use", use.label())
          .register(registry);
    }
    budget.listen(this);
  }

  /** Begins to measure. */
  public void start() {
    timer = vertx.setPeriodic(PERIOD_MS, id -> budget.measure());
  }

  /** Stops to measure. */
  public void stop() {
    vertx.cancelTimer(timer);
  }

  /** Returns why new clients are refused; null when they are not. */
  public String pressure() {
    for (MemoryPool pool : pools()) {
      if (pool.level() != MemoryLevel.NORMAL) {
        return describe(pool, pool.used()) + ": " + pool.level().consequence();
      }
    }
    return null;
  }

  @Override
  public void levelChanged(MemoryPool pool, MemoryLevel from, MemoryLevel to, long used) {
    String line = describe(pool, used) + ": " + to.consequence();
    if (to.compareTo(from) > 0) {
      LOG.warn("{}; most of it: {}", line, largestUses());
    } else {
      LOG.info("{}", line);
    }
  }

  private static void gauge(
      MeterRegistry registry,
      MemoryPool pool,
      String name,
      String what,
      ToDoubleFunction<MemoryPool> value) {
    Gauge.builder("linkspan.memory." + name, pool, value)
        .description(what)
        .tag("memory", pool.name())
        .register(registry);
  }

  private List<MemoryPool> pools() {
    return List.of(budget.heap(), budget.direct());
  }

  private static String describe(MemoryPool pool, long used) {
    return pool.name() + " memory: " + used / KIB + " of " + pool.limit() / KIB + " KiB are held";
  }

  private String largestUses() {
    return Arrays.stream(MemoryUse.values())
        .sorted(Comparator.comparingLong((MemoryUse use) -> -budget.charged(use)))
        .limit(LARGEST_USES)
        .map(use -> use.label() + " " + budget.charged(use) / KIB + " KiB")
        .collect(Collectors.joining(", "));
  }
}
