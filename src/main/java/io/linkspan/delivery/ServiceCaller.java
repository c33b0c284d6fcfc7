package io.linkspan.delivery;

import io.linkspan.routing.Route;

/** Hands inbound Messages to services. */
public interface ServiceCaller {

  /** Calls a service; the exchange ends with its answer. */
  void call(Route.Bus service, InboundExchange exchange);
}
