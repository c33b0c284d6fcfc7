package io.linkspan.upstream.http;

import io.linkspan.config.ConfigNode;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.BackendFactory;
import io.linkspan.upstream.PipelineConfig;
import io.linkspan.upstream.StreamConfig;
import io.vertx.core.Vertx;

/** Creates the backend of an HTTP service. */
public record HttpBackendFactory(HttpUpstreamConfig config) implements BackendFactory {

  /**
   * Reads the settings of an HTTP service.
   *
   * @param complete whether the section must name the service; else it is one with defaults
   */
  public static HttpBackendFactory read(ConfigNode service, boolean complete) {
    return new HttpBackendFactory(HttpUpstreamConfig.read(service, complete));
  }

  @Override
  public String target() {
    return "http " + config.url();
  }

  @Override
  public StreamConfig streams() {
    return config.streams();
  }

  @Override
  public Backend newBackend(Vertx vertx, PipelineConfig pipeline) {
    return new HttpBackend(vertx, config, pipeline);
  }
}
