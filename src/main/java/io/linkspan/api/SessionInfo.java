package io.linkspan.api;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;

/**
 * A live session, as {@link GatewayClient#sessions(SessionQuery)} lists it.
 *
 * @param session public id; {@code "session:" + session} reaches exactly this session
 * @param user authenticated name of the client
 * @param transport how the client is connected, such as {@code websocket}; null without a link
 * @param node id of the session's node
 * @param remote network address of the client, {@code host:port}; null without a link
 * @param connectedAt when the session began
 * @param lastSeenAt when the client last sent something; null when it has not been connected to
 *     this node yet
 * @param groups the groups that it is a member of
 * @param pending how many Messages wait for the client's acknowledgement
 * @param resumable whether the client can resume the session over another link
 */
public record SessionInfo(
    String session,
    String user,
    String transport,
    String node,
    String remote,
    Instant connectedAt,
    Instant lastSeenAt,
    List<String> groups,
    int pending,
    boolean resumable) {

  public SessionInfo {
    groups = List.copyOf(groups);
  }

  /** Reads a session. Ignores fields that it does not know; a missing field is null, empty or 0. */
  public static SessionInfo of(JsonObject json) {
    return new SessionInfo(
        BusJson.text(json, "session"),
        BusJson.text(json, "user"),
        BusJson.text(json, "transport"),
        BusJson.text(json, "node"),
        BusJson.text(json, "remote"),
        BusJson.instant(json, "connectedAt"),
        BusJson.instant(json, "lastSeenAt"),
        BusJson.texts(json, "groups"),
        BusJson.count(json, "pending"),
        Boolean.TRUE.equals(json.getValue("resumable")));
  }

  /** Returns the form that travels on the bus and that {@code GET /v1/sessions} shows. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("session", session)
        .put("user", user)
        .put("transport", transport)
        .put("node", node)
        .put("remote", remote)
        .put("connectedAt", connectedAt == null ? null : connectedAt.toString())
        .put("lastSeenAt", lastSeenAt == null ? null : lastSeenAt.toString())
        .put("groups", new JsonArray(groups))
        .put("pending", pending)
        .put("resumable", resumable);
  }
}
