package io.linkspan.rebalance;

import io.linkspan.directory.Nodes;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;

/**
 * Asks the coordinator, which is the oldest node, to begin, abort or describe a rebalance. Shared
 * by all event loops.
 */
public final class RebalanceRequests {

  static final String ACTION = "action";
  static final String START = "start";
  static final String ABORT = "abort";
  static final String STATUS = "status";

  /** Field of an answer: whether the request has changed something. */
  public static final String DONE = "done";

  /** Longer than a coordinator waits for the shards. */
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(5_000);

  private final EventBus bus;
  private final Nodes nodes;

  /** Creates the requests of a node. */
  public RebalanceRequests(EventBus bus, Nodes nodes) {
    this.bus = bus;
    this.nodes = nodes;
  }

  static String addressOf(String node) {
    return "linkspan.rebalance." + node;
  }

  /** Describes the rebalance that runs, or the last one, and the load of each node. */
  public Future<JsonObject> status() {
    return request(STATUS);
  }

  /** Begins a rebalance; {@link #DONE} is false in the answer when one runs already. */
  public Future<JsonObject> start() {
    return request(START);
  }

  /** Aborts the rebalance; {@link #DONE} is false in the answer when none runs. */
  public Future<JsonObject> abort() {
    return request(ABORT);
  }

  private Future<JsonObject> request(String action) {
    return bus.<JsonObject>request(
            addressOf(nodes.all().get(0).id()), new JsonObject().put(ACTION, action), TIMEOUT)
        .map(Message::body);
  }
}
