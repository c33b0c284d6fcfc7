package io.linkspan.routing;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;

/**
 * Counters of the Messages that each route and no route has matched. Used by one thread at a time;
 * the counters are read on any.
 */
public final class RouteMetrics {

  /** Routes that have a counter; the series of a scrape are bounded. */
  static final int MAX_ROUTES = 200;

  private static final String NAME = "linkspan.route.messages";

  private final MeterRegistry registry;
  private final RoutingTable table;
  private final List<Meter> meters = new ArrayList<>();

  /** Registers the counters of a table. */
  public RouteMetrics(MeterRegistry registry, RoutingTable table) {
    this.registry = registry;
    this.table = table;
    FunctionCounter.builder("linkspan.route.unrouted", table, RoutingTable::unrouted)
        .description("Messages that no route matched")
        .register(registry);
    update();
  }

  /** Registers the counters of the routes that the table has now, in place of those before. */
  public void update() {
    meters.forEach(registry::remove);
    meters.clear();
    List<RoutingTable.Entry> entries = table.entries();
    for (int i = 0; i < Math.min(MAX_ROUTES, entries.size()); i++) {
      RoutingTable.Entry entry = entries.get(i);
      meters.add(
          FunctionCounter.builder(NAME, entry, RoutingTable.Entry::hits)
              .description("Messages that a route matched, by its place and what it matches")
              .tag("route", i + " " + entry.route().pattern())
              .register(registry));
    }
  }
}
