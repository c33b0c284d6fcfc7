package io.linkspan.upstream;

import io.vertx.core.Vertx;

/** Where a service is and how it is spoken to. */
public interface BackendConfig {

  /**
   * Opens what is needed to speak to it, on the event loop that calls. Whether the service is there
   * shows with the first Message.
   *
   * @param pipeline how many attempts there may be at once, and how long each may take
   */
  Backend newBackend(Vertx vertx, PipelineConfig pipeline);
}
