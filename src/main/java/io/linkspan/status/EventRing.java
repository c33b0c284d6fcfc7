package io.linkspan.status;

import io.linkspan.api.SessionEvent;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Keeps the latest events of one node, each with its number. An event is parsed only when somebody
 * asks for it, since most are replaced before that. Pure.
 */
final class EventRing {

  /** Events that are kept. */
  static final int CAPACITY = 200;

  /**
   * An event as it was published.
   *
   * @param keptAt when it arrived
   */
  private record Kept(JsonObject event, Instant keptAt) {

    JsonObject read() {
      JsonObject json = SessionEvent.of(event).toJson();
      return json.getString("at") == null ? json.put("at", keptAt.toString()) : json;
    }
  }

  private final Deque<Kept> events = new ArrayDeque<>();
  private long last;

  /**
   * Adds an event in place of the oldest one.
   *
   * @param now its time, if it does not state one
   */
  void add(JsonObject event, Instant now) {
    if (events.size() == CAPACITY) {
      events.remove();
    }
    events.add(new Kept(event, now));
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
    events.stream().skip(events.size() - found).forEach(kept -> answer.add(kept.read()));
    return new JsonObject().put("events", answer).put("last", last);
  }
}
