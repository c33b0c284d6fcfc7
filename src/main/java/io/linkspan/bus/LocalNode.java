package io.linkspan.bus;

import io.vertx.core.Vertx;
import io.vertx.core.shareddata.LocalMap;

/** Names the gateway's node in this process, for the services that are deployed beside it. */
public final class LocalNode {

  private static final String REGISTRY = "linkspan.node";
  private static final String ID = "id";

  private LocalNode() {}

  /** Registers the node, once its own outbound address is open. */
  public static void announce(Vertx vertx, String id) {
    registry(vertx).put(ID, id);
  }

  /** Returns the id of the node; null in a process without one. */
  public static String id(Vertx vertx) {
    return registry(vertx).get(ID);
  }

  private static LocalMap<String, String> registry(Vertx vertx) {
    return vertx.sharedData().getLocalMap(REGISTRY);
  }
}
