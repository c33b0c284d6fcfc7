package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.connection.CloseReason;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/** Tells services what happens to sessions, on {@link Addresses#EVENTS}. */
final class SessionEvents {

  private final EventBus bus;
  private final String node;

  SessionEvents(EventBus bus, String node) {
    this.bus = bus;
    this.node = node;
  }

  void connected(Session session) {
    publish(event("connected", session));
  }

  void disconnected(Session session, CloseReason reason) {
    publish(event("disconnected", session).put("reason", reason.label()));
  }

  void resumed(Session session) {
    publish(event("resumed", session));
  }

  /** A session whose client did not come back, or that was ended before it could. */
  void expired(Session session, CloseReason reason) {
    JsonObject event = event("expired", session);
    publish(reason == null ? event : event.put("reason", reason.label()));
  }

  void joined(Session session, String group) {
    publish(event("joined", session).put("group", group));
  }

  void left(Session session, String group) {
    publish(event("left", session).put("group", group));
  }

  private JsonObject event(String name, Session session) {
    return new JsonObject()
        .put("event", name)
        .put("session", session.id())
        .put("user", session.user())
        .put("transport", session.transport())
        .put("node", node)
        .put("at", Instant.ofEpochMilli(System.currentTimeMillis()).toString());
  }

  private void publish(JsonObject event) {
    bus.publish(Addresses.EVENTS, event);
  }
}
