package io.linkspan.status;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;

/** Keeps the latest events of one node, each with its number. Pure. */
final class EventRing {

  /** Events that are kept. */
  static final int CAPACITY = 200;

  private final Deque<JsonObject> events = new ArrayDeque<>();
  private long last;

  /** Adds an event in place of the oldest one. */
  void add(JsonObject event) {
    if (events.size() == CAPACITY) {
      events.remove();
    }
    events.add(event);
    last++;
  }

  /**
   * Returns the events after a number, those that are kept: {@code {"events":[…],"last":n}}, where
   * {@code last} is the number of the latest event.
   */
  JsonObject after(long number) {
    long wanted = last - Math.min(Math.max(number, 0), last);
    int found = (int) Math.min(wanted, events.size());
    JsonArray answer = new JsonArray();
    events.stream().skip(events.size() - found).forEach(answer::add);
    return new JsonObject().put("events", answer).put("last", last);
  }
}
