package io.linkspan.bus;

import io.vertx.core.Vertx;
import io.vertx.core.shareddata.LocalMap;

/** The gateway's node in this process, which serves what is deployed beside it. */
public final class LocalNode {

  private static final String REGISTRY = "linkspan.node";
  private static final String ID = "id";

  private LocalNode() {}

  /** The node is here, and has its own outbound address open. */
  public static void announce(Vertx vertx, String id) {
    registry(vertx).put(ID, id);
  }

  /** Its id; null in a process without a node. */
  public static String id(Vertx vertx) {
    return registry(vertx).get(ID);
  }

  private static LocalMap<String, String> registry(Vertx vertx) {
    return vertx.sharedData().getLocalMap(REGISTRY);
  }
}
