package io.linkspan.ops;

import io.vertx.core.Future;

/** Gives the management port its view of the configuration. */
public interface Configuration {

  /**
   * Reads the configuration again and puts its changes into force.
   *
   * @return fails with a {@link io.linkspan.config.ConfigException} when nothing was changed
   */
  Future<ReloadResult> reload();
}
