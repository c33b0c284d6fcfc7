package io.linkspan.ops;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/** What the management port asks of the gateway it belongs to. */
public interface Node {

  /** The answer to {@code GET /v1/node}. */
  JsonObject describe();

  /** Whether new clients are welcome. */
  boolean ready();

  /** Succeeds when every event loop answers. */
  Future<Void> alive();
}
