package io.linkspan.rebalance;

import io.vertx.core.json.JsonObject;

/**
 * One round of a rebalance, as a shard receives it.
 *
 * @param run id of the rebalance; it begins with the id of the node that coordinates it
 * @param first whether the shard takes down which clients may be asked
 * @param ask how many clients to ask to reconnect
 * @param jitter longest time that a client waits before it reconnects; milliseconds
 */
public record RoundRequest(String run, boolean first, int ask, long jitter) {

  /** Action of a request for the load, which changes nothing. */
  public static final String LOAD = "load";

  /** Action of a round. */
  public static final String ROUND = "rebalance";

  /** Action that ends a rebalance. */
  public static final String END = "rebalance-end";

  private static final String RUN = "run";

  /** Returns the request for the load alone. */
  public static JsonObject load() {
    return new JsonObject().put("action", LOAD);
  }

  /** Returns the request that ends a rebalance. */
  public static JsonObject end(String run) {
    return new JsonObject().put("action", END).put(RUN, run);
  }

  /** Returns the id of the rebalance that a request names. */
  public static String runOf(JsonObject request) {
    return request.getString(RUN);
  }

  /** Returns whether a node coordinates the rebalance with this id. */
  public static boolean isRunBy(String node, String run) {
    return run.startsWith(node + '-');
  }

  /** Returns the form on the bus. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("action", ROUND)
        .put(RUN, run)
        .put("first", first)
        .put("ask", ask)
        .put("jitter", jitter);
  }

  /** Reads the form on the bus. */
  public static RoundRequest of(JsonObject json) {
    return new RoundRequest(
        runOf(json), json.getBoolean("first"), json.getInteger("ask"), json.getLong("jitter"));
  }
}
