package io.linkspan.delivery;

import io.linkspan.routing.Route;

/** Hands inbound Messages to services. */
public interface ServiceCaller {

  /** Calls a service; the exchange ends with its answer. */
  void call(Route.Bus service, InboundExchange exchange);

  /**
   * Notifies the services that a client wants no more of the streamed answer to the request that
   * {@code replyTo} of its Message names. The exchange ends at once.
   */
  default void cancel(InboundExchange exchange) {
    exchange.accepted();
  }
}
