package io.linkspan.routing;

import java.util.List;

/** Holds the routes in the order of the configuration. Immutable, shared by all event loops. */
public final class RoutingTable {

  private final Route[] routes;

  public RoutingTable(List<Route> routes) {
    this.routes = routes.toArray(Route[]::new);
  }

  /** Returns the destination of the first matching route; null when no route matches. */
  public Route.Destination destination(Recipient recipient, String type) {
    for (Route route : routes) {
      if (route.matches(recipient, type)) {
        return route.destination();
      }
    }
    return null;
  }
}
