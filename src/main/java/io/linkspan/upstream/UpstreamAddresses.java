package io.linkspan.upstream;

import java.util.List;

/**
 * Assigns bus addresses to upstreams. One that does not change keeps its address, and every other
 * one has an address that none has had before. Used while one configuration is read.
 */
public final class UpstreamAddresses {

  private static final String PREFIX = "linkspan.upstream.";

  private final int generation;
  private final List<UpstreamConfig> inForce;
  private int count;

  /**
   * @param generation number of the configuration, higher than that of all earlier ones
   * @param inForce upstreams that are served already
   */
  public UpstreamAddresses(int generation, List<UpstreamConfig> inForce) {
    this.generation = generation;
    this.inForce = List.copyOf(inForce);
  }

  /** Returns the settings of a service with its address. */
  UpstreamConfig assign(String name, PipelineConfig pipeline, BackendFactory backend) {
    for (UpstreamConfig served : inForce) {
      if (served.equals(new UpstreamConfig(name, served.address(), pipeline, backend))) {
        return served;
      }
    }
    return new UpstreamConfig(name, PREFIX + generation + "." + count++, pipeline, backend);
  }
}
