package io.linkspan.upstream;

import io.vertx.core.Vertx;

/** Creates the backend of one service. Immutable; may be shared. */
public interface BackendFactory {

  /** Returns the kind of the service and where it is, such as {@code tcp legacy:9000}. */
  String target();

  /** Returns which answers are streamed, and their bounds. */
  default StreamConfig streams() {
    return StreamConfig.OFF;
  }

  /**
   * Opens what is needed to reach the service, on the calling event loop. Whether the service is
   * available shows with the first Message.
   *
   * @param pipeline how many attempts may run at once, and how long each may take
   */
  Backend newBackend(Vertx vertx, PipelineConfig pipeline);
}
