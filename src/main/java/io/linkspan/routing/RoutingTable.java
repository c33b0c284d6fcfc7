package io.linkspan.routing;

import java.util.List;

/** The routes in the order of the configuration. Immutable, shared by all event loops. */
public final class RoutingTable {

  private final Route[] routes;

  public RoutingTable(List<Route> routes) {
    this.routes = routes.toArray(Route[]::new);
  }

  /** Where the first matching route leads; null when none permits the Message. */
  public Route.Destination destination(Recipient recipient, String type) {
    for (Route route : routes) {
      if (route.matches(recipient, type)) {
        return route.destination();
      }
    }
    return null;
  }
}
