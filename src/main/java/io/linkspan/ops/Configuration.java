package io.linkspan.ops;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/** Gives the management port its view of the configuration. */
public interface Configuration {

  /**
   * Reads the configuration again and puts its changes into force.
   *
   * @return fails with a {@link io.linkspan.config.ConfigException} when nothing was changed
   */
  Future<ReloadResult> reload();

  /** Returns the answer to {@code GET /v1/config}, without secrets. */
  JsonObject values();

  /** Returns the answer to {@code GET /v1/routes}. */
  JsonObject routes();
}
