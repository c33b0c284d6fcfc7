package io.linkspan.api;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;

/**
 * A change of one session. Services receive it with {@link GatewayClient#events}.
 *
 * @param session public id of the session
 * @param user authenticated name of the client
 * @param transport how the client is connected, such as {@code websocket}; null when the node that
 *     reports the event does not know it
 * @param node id of the session's node
 * @param group the group of {@link Type#JOINED} and {@link Type#LEFT}; null in other events
 * @param reason why the link or the session ended, such as {@code heartbeat-timeout}; null in
 *     events without a reason
 * @param data the number that an ENet client gave when it connected or disconnected; null in other
 *     events
 * @param at when it happened, by the clock of the node; null when the event does not say
 */
public record SessionEvent(
    Type type,
    String session,
    String user,
    String transport,
    String node,
    String group,
    String reason,
    Long data,
    Instant at) {

  /** The kinds of change. */
  public enum Type {
    /** A session began. */
    CONNECTED,
    /** A link ended. The session may continue without it. */
    DISCONNECTED,
    /** A client continued its session over a new link. */
    RESUMED,
    /** A session ended without a link. */
    EXPIRED,
    /** A session became a member of a group. */
    JOINED,
    /** A session's membership of a group ended. */
    LEFT,
    /** A kind that this version of the API does not know. */
    UNKNOWN;

    /** The name on the bus, such as {@code connected}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    private static Type of(String label) {
      for (Type type : values()) {
        if (type.label().equals(label)) {
          return type;
        }
      }
      return UNKNOWN;
    }
  }

  public SessionEvent {
    Objects.requireNonNull(type);
  }

  /** Reads an event. Ignores fields that it does not know; a missing field is null. */
  public static SessionEvent of(JsonObject json) {
    return new SessionEvent(
        Type.of(BusJson.text(json, "event")),
        BusJson.text(json, "session"),
        BusJson.text(json, "user"),
        BusJson.text(json, "transport"),
        BusJson.text(json, "node"),
        BusJson.text(json, "group"),
        BusJson.text(json, "reason"),
        BusJson.number(json, "data"),
        BusJson.instant(json, "at"));
  }

  /** Returns the form that travels on the bus. */
  public JsonObject toJson() {
    JsonObject json =
        new JsonObject()
            .put("event", type.label())
            .put("session", session)
            .put("user", user)
            .put("transport", transport)
            .put("node", node)
            .put("at", at == null ? null : at.toString());
    if (group != null) {
      json.put("group", group);
    }
    if (reason != null) {
      json.put("reason", reason);
    }
    return data == null ? json : json.put("data", data);
  }
}
