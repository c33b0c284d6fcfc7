package io.linkspan.upstream.tcp;

import io.linkspan.config.ConfigNode;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.BackendFactory;
import io.linkspan.upstream.PipelineConfig;
import io.vertx.core.Vertx;

/** Creates the backend of a TCP service. */
public record TcpBackendFactory(TcpUpstreamConfig config) implements BackendFactory {

  /**
   * Reads the settings of a TCP service.
   *
   * @param complete whether the section must name the service; else it is one with defaults
   */
  public static TcpBackendFactory read(ConfigNode service, boolean complete) {
    return new TcpBackendFactory(TcpUpstreamConfig.read(service, complete));
  }

  @Override
  public String target() {
    return "tcp " + config.host() + ":" + config.port();
  }

  @Override
  public Backend newBackend(Vertx vertx, PipelineConfig pipeline) {
    return new TcpBackend(vertx, config, pipeline);
  }
}
