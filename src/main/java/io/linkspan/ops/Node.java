package io.linkspan.ops;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/** Gives the management port its view of the node. */
public interface Node {

  /** Returns the answer to {@code GET /v1/node}. */
  JsonObject describe();

  /** Returns whether new clients are accepted. */
  boolean ready();

  /** Returns why the node is short of memory and refuses new clients; null when it is not. */
  String pressure();

  /** Succeeds when every event loop answers. */
  Future<Void> alive();
}
