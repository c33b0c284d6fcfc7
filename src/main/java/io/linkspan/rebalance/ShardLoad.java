package io.linkspan.rebalance;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The answer of a shard in a rebalance.
 *
 * @param connections sessions with a link
 * @param movable clients that may still be asked to reconnect in this rebalance, at most
 * @param pending clients that were asked recently and have not resumed their session yet
 * @param draining whether the node stops, so that its clients leave anyway
 * @param asked clients that were asked since the last answer
 * @param gaps milliseconds without a link of the clients that have resumed since the last answer
 */
public record ShardLoad(
    int connections, int movable, int pending, boolean draining, int asked, List<Integer> gaps) {

  /** Most gaps in one answer. */
  public static final int MAX_GAPS = 10_000;

  public ShardLoad {
    gaps = List.copyOf(gaps);
  }

  /** Returns the form on the bus. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("connections", connections)
        .put("movable", movable)
        .put("pending", pending)
        .put("draining", draining)
        .put("asked", asked)
        .put("gaps", new JsonArray(gaps));
  }

  /** Reads the form on the bus. */
  public static ShardLoad of(JsonObject json) {
    return new ShardLoad(
        json.getInteger("connections"),
        json.getInteger("movable"),
        json.getInteger("pending"),
        json.getBoolean("draining"),
        json.getInteger("asked"),
        json.getJsonArray("gaps").stream()
            .limit(MAX_GAPS)
            .map(gap -> ((Number) gap).intValue())
            .toList());
  }
}
