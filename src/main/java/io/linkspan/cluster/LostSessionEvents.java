package io.linkspan.cluster;

import io.linkspan.api.Addresses;
import io.linkspan.connection.CloseReason;
import io.linkspan.directory.SessionRef;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Set;

/**
 * Publishes events of sessions whose own node cannot publish them, on {@link Addresses#EVENTS}.
 * Used on any thread.
 */
public final class LostSessionEvents {

  private final EventBus bus;

  public LostSessionEvents(EventBus bus) {
    this.bus = bus;
  }

  /** Publishes that the session has ended with its node. */
  public void lost(SessionRef session, Set<String> groups) {
    for (String group : groups) {
      bus.publish(Addresses.EVENTS, event("left", session).put("group", group));
    }
    bus.publish(
        Addresses.EVENTS,
        event("disconnected", session).put("reason", CloseReason.CONNECTION_LOST.label()));
  }

  /** Publishes that a session exists that was reported as lost. */
  public void found(SessionRef session, Set<String> groups) {
    bus.publish(Addresses.EVENTS, event("connected", session));
    for (String group : groups) {
      bus.publish(Addresses.EVENTS, event("joined", session).put("group", group));
    }
  }

  private static JsonObject event(String name, SessionRef session) {
    return new JsonObject()
        .put("event", name)
        .put("session", session.session())
        .put("user", session.user())
        // Only the session's node has the transport of the client.
        .putNull("transport")
        .put("node", session.node())
        .put("at", Instant.ofEpochMilli(System.currentTimeMillis()).toString());
  }
}
