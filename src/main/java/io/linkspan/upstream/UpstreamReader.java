package io.linkspan.upstream;

import io.linkspan.config.ConfigNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads what routes say about the services behind them, laid over the section {@code upstream}. */
public final class UpstreamReader {

  /** Reads where a service of one kind is and how it is reached. */
  public interface BackendReader {

    /**
     * Reads a section of this kind.
     *
     * @param complete whether the section is one of a route; else it has the defaults, which need
     *     not say where the service is
     */
    BackendFactory read(ConfigNode service, boolean complete);
  }

  private static final String HOLD = "hold";

  private final ConfigNode defaults;
  private final Map<String, BackendReader> kinds;
  private final UpstreamAddresses addresses;

  /** Keys that have the same meaning for services of every kind. */
  private final ConfigNode common;

  private final List<UpstreamConfig> upstreams = new ArrayList<>();

  /**
   * Reads the defaults, since a mistake in them is a problem without any route, too.
   *
   * @param defaults the section {@code upstream}
   * @param kinds of services, by their keys in this section and in a route
   * @param addresses of the services on the bus
   */
  public UpstreamReader(
      ConfigNode defaults, Map<String, BackendReader> kinds, UpstreamAddresses addresses) {
    this.defaults = defaults;
    this.kinds = kinds;
    this.addresses = addresses;
    common = defaults.without(HOLD).without(kinds.keySet().toArray(String[]::new));
    PipelineConfig.read(defaults, defaults.section(HOLD));
    kinds.forEach((kind, reader) -> reader.read(defaults.section(kind), false));
  }

  /**
   * Reads what a route says about the service that it leads to.
   *
   * @param kind of service: the key of its section in the route
   * @param name of the service in metrics and logs
   */
  public UpstreamConfig read(ConfigNode route, String kind, String name) {
    ConfigNode service = route.section(kind).over(common, defaults.section(kind));
    ConfigNode hold = route.section(HOLD).over(defaults.section(HOLD));
    PipelineConfig pipeline = PipelineConfig.read(service, hold);
    if (pipeline.holds() && route.section(kind).has("ordered") && !service.flag("ordered")) {
      service.reject("ordered", "true, as " + hold.keyOf("for") + " keeps the order");
    }
    BackendFactory backend = kinds.get(kind).read(service, true);
    UpstreamConfig upstream = addresses.assign(name, pipeline, backend);
    upstreams.add(upstream);
    return upstream;
  }

  /** Returns all services that were read, in the order of their routes. */
  public List<UpstreamConfig> upstreams() {
    return upstreams;
  }
}
