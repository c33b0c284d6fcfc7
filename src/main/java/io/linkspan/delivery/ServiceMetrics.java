package io.linkspan.delivery;

import io.linkspan.metrics.Latencies;
import io.linkspan.routing.Route;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/**
 * Metrics of the services that routes lead to, by their names. Shared by all event loops.
 *
 * @param registry holds the counters
 * @param latencies holds the histograms
 */
public record ServiceMetrics(MeterRegistry registry, Latencies latencies) {

  /** Registers the metrics of all services that routes name, before the first request. */
  public void register(List<Route> routes) {
    for (Route route : routes) {
      if (route.destination() instanceof Route.Bus service) {
        recorder(service.name());
      }
    }
  }

  /**
   * Returns a recorder for one service, of the event loop that calls it.
   *
   * @param name of the service in the configuration, never chosen by a client
   */
  ServiceRecorder recorder(String name) {
    return new ServiceRecorder(registry, latencies, name);
  }
}
