package io.linkspan.status;

import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Map;

/**
 * Sends the state of all nodes to the watchers of this node, gathered once for all of them. Used
 * only on the event loop of the {@link StatusService}.
 */
final class OverviewFeed {

  private static final JsonObject QUESTION = new JsonObject().put("ask", "state");

  private final NodeRequests requests;
  private final DeadlineTimer timer;
  private final Watchers<StatusListener> watchers = new Watchers<>();

  OverviewFeed(Vertx vertx, NodeRequests requests) {
    this.requests = requests;
    timer = new DeadlineTimer(vertx, this::refresh);
  }

  /** Gathers the state of all nodes. */
  Future<JsonObject> gather() {
    return requests.ask(node -> QUESTION).map(this::describe);
  }

  /** Adds a watcher, which receives the state at once and then regularly. */
  void add(StatusListener watcher) {
    watchers.add(watcher);
    if (watchers.present().size() == 1) {
      refresh();
    } else {
      gather().onSuccess(state -> send(watcher, state.encode()));
    }
  }

  void remove(StatusListener watcher) {
    watchers.remove(watcher);
  }

  void close() {
    timer.cancel();
    watchers.present().forEach(StatusListener::ended);
  }

  private void refresh() {
    if (watchers.isEmpty()) {
      return;
    }
    gather()
        .onSuccess(
            state -> {
              String json = state.encode();
              for (StatusListener watcher : watchers.present()) {
                watcher.tick();
                send(watcher, json);
              }
              if (!watchers.isEmpty()) {
                timer.arm(DeadlineTimer.now() + NodeSampler.PERIOD);
              }
            });
  }

  private static void send(StatusListener watcher, String json) {
    if (watcher.ready()) {
      watcher.receive(json);
    }
  }

  private JsonObject describe(Map<String, JsonObject> answers) {
    JsonArray nodes = new JsonArray();
    answers.forEach(
        (node, answer) ->
            nodes.add(
                answer == null
                    ? new JsonObject().put("node", node).put("state", "no-answer")
                    : answer));
    return new JsonObject()
        .put("node", requests.self())
        .put("at", Instant.now().toString())
        .put("nodes", nodes);
  }
}
