package io.linkspan.status;

import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends the events of all nodes to the watchers of this node. It asks each node once a second for
 * what the watchers have not received, so that a storm of events costs no more than the rings hold.
 * Used only on the event loop of the {@link StatusService}.
 */
final class EventFeed {

  private static final long PERIOD = 1_000;

  /** A watcher, and the number of the latest event that it received from each node. */
  private static final class Watcher {

    private final StatusListener listener;
    private final Map<String, Long> received = new HashMap<>();

    private Watcher(StatusListener listener) {
      this.listener = listener;
    }
  }

  private final NodeRequests requests;
  private final DeadlineTimer timer;
  private final Watchers<Watcher> watchers = new Watchers<>();
  private boolean asking;

  EventFeed(Vertx vertx, NodeRequests requests) {
    this.requests = requests;
    timer = new DeadlineTimer(vertx, this::refresh);
  }

  /** Adds a watcher, which receives the events that are kept and then the later ones. */
  void add(StatusListener listener) {
    watchers.add(new Watcher(listener));
    refresh();
  }

  void remove(StatusListener listener) {
    watchers.present().stream()
        .filter(watcher -> watcher.listener == listener)
        .forEach(watchers::remove);
  }

  void close() {
    timer.cancel();
    watchers.present().forEach(watcher -> watcher.listener.ended());
  }

  private void refresh() {
    if (asking || watchers.isEmpty()) {
      return;
    }
    asking = true;
    List<Watcher> asked = watchers.present();
    requests
        .ask(node -> new JsonObject().put("ask", "events").put("after", receivedByAll(node)))
        .onSuccess(
            answers -> {
              asking = false;
              List<Watcher> present = watchers.present();
              for (Watcher watcher : asked) {
                watcher.listener.tick();
                if (present.contains(watcher) && watcher.listener.ready()) {
                  send(watcher, answers);
                }
              }
              // The question was not meant for a watcher that has come since.
              boolean isComplete = asked.containsAll(present);
              timer.arm(DeadlineTimer.now() + (isComplete ? PERIOD : 0));
            });
  }

  private long receivedByAll(String node) {
    return watchers.present().stream()
        .mapToLong(watcher -> watcher.received.getOrDefault(node, 0L))
        .min()
        .orElse(0);
  }

  private static void send(Watcher watcher, Map<String, JsonObject> answers) {
    List<JsonObject> events = new ArrayList<>();
    answers.forEach(
        (node, answer) -> {
          if (answer != null) {
            long last = answer.getLong("last");
            Long before = watcher.received.put(node, last);
            JsonArray kept = answer.getJsonArray("events");
            long wanted = before == null ? kept.size() : last - before;
            int found = (int) Math.min(wanted, kept.size());
            if (wanted > found) {
              events.add(
                  new JsonObject()
                      .put("event", "lost")
                      .put("node", node)
                      .put("lost", wanted - found)
                      .put("at", ""));
            }
            for (int i = kept.size() - found; i < kept.size(); i++) {
              events.add(kept.getJsonObject(i));
            }
          }
        });
    // Nodes are asked at the same time: within an answer the order is that of their clocks.
    events.sort(Comparator.comparing(event -> event.getString("at")));
    events.forEach(event -> watcher.listener.receive(event.encode()));
  }
}
