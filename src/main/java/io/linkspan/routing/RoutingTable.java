package io.linkspan.routing;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Holds the routes in the order of the configuration, and counts what matches them. Shared by all
 * event loops. Its owner replaces the routes as a whole.
 */
public final class RoutingTable {

  /** A route, and how many Messages it has matched. */
  public static final class Entry {

    private final Route route;
    private final LongAdder hits;

    private Entry(Route route, LongAdder hits) {
      this.route = route;
      this.hits = hits;
    }

    public Route route() {
      return route;
    }

    /** Counts a Message. */
    public void hit() {
      hits.increment();
    }

    /** Returns how many Messages were counted. */
    public long hits() {
      return hits.sum();
    }
  }

  private final LongAdder unrouted = new LongAdder();
  private volatile Entry[] entries = {};

  public RoutingTable(List<Route> routes) {
    replace(routes);
  }

  /** Replaces all routes. A route that was there before keeps its count. */
  public void replace(List<Route> routes) {
    Map<Route, LongAdder> counted = new HashMap<>();
    for (Entry entry : entries) {
      counted.putIfAbsent(entry.route, entry.hits);
    }
    entries =
        routes.stream()
            .map(
                route -> {
                  // Of two equal routes the second never matches.
                  LongAdder hits = counted.remove(route);
                  return new Entry(route, hits == null ? new LongAdder() : hits);
                })
            .toArray(Entry[]::new);
  }

  /** Returns the first matching route; null when no route matches. */
  public Entry find(Recipient recipient, String type) {
    for (Entry entry : entries) {
      if (entry.route.matches(recipient, type)) {
        return entry;
      }
    }
    return null;
  }

  /** Returns all routes in their order. */
  public List<Entry> entries() {
    return Arrays.asList(entries.clone());
  }

  /** Counts a Message that no route matches. */
  public void missed() {
    unrouted.increment();
  }

  /** Returns how many Messages no route matched. */
  public long unrouted() {
    return unrouted.sum();
  }
}
