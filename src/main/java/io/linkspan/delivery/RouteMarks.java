package io.linkspan.delivery;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.SlowPolicy;
import io.linkspan.routing.Route;

/** Marks a client's Message for other clients with what its route says. Pure. */
final class RouteMarks {

  private RouteMarks() {}

  /**
   * Returns the Message with the headers of its route. The policy of a route replaces that of the
   * sender, and a sender cannot ask by itself that links of others are closed, or that a group
   * keeps its Message.
   */
  static Message mark(Message message, Route.Clients route) {
    Message marked = markDelivery(message, route);
    if (route.history().isZero()) {
      return Headers.without(marked, Headers.HISTORY);
    }
    String seconds = Long.toString(route.history().toSeconds());
    return marked.toBuilder().putHeaders(Headers.HISTORY, seconds).build();
  }

  private static Message markDelivery(Message message, Route.Clients route) {
    if (route.isVolatile()) {
      return message.toBuilder().putHeaders(Headers.VOLATILE, "true").build();
    }
    if (route.slow() != null) {
      return markSlow(message, route);
    }
    if (!route.keptFor().isZero() && Headers.get(message, Headers.TTL) == null) {
      String seconds = Long.toString(route.keptFor().toSeconds());
      return withoutCut(message).toBuilder().putHeaders(Headers.TTL, seconds).build();
    }
    return withoutCut(message);
  }

  private static Message withoutCut(Message message) {
    return SlowPolicy.of(message) == SlowPolicy.CUT
        ? Headers.without(message, Headers.SLOW)
        : message;
  }

  private static Message markSlow(Message message, Route.Clients route) {
    Message.Builder marked = message.toBuilder().putHeaders(Headers.SLOW, route.slow().label());
    if (route.key() != null) {
      String key = Headers.get(message, route.key());
      marked.putHeaders(Headers.SLOW_KEY, key == null ? "" : key);
    }
    return marked.build();
  }
}
