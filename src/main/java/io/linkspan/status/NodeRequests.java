package io.linkspan.status;

import io.linkspan.directory.Nodes;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Asks all nodes. Used only on the event loop of the {@link StatusService}. */
final class NodeRequests {

  /** A node that answers later has no answer. */
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(1_500);

  private final EventBus bus;
  private final Nodes nodes;

  NodeRequests(EventBus bus, Nodes nodes) {
    this.bus = bus;
    this.nodes = nodes;
  }

  /** Returns the bus address at which a node answers. */
  static String addressOf(String node) {
    return "linkspan.status." + node;
  }

  /** Returns the id of this node. */
  String self() {
    return nodes.self().id();
  }

  /**
   * Asks each node.
   *
   * @param question for the node with this id
   * @return the answers by node, in a fixed order; null for a node that does not answer
   */
  Future<Map<String, JsonObject>> ask(Function<String, JsonObject> question) {
    Map<String, JsonObject> answers = new LinkedHashMap<>();
    List<Future<Object>> all = new ArrayList<>();
    for (Nodes.Node node : nodes.all()) {
      String id = node.id();
      answers.put(id, null);
      all.add(
          bus.<JsonObject>request(addressOf(id), question.apply(id), TIMEOUT)
              .transform(
                  answer -> {
                    answers.put(id, answer.succeeded() ? answer.result().body() : null);
                    return Future.succeededFuture();
                  }));
    }
    return Future.all(all).map(answers);
  }
}
