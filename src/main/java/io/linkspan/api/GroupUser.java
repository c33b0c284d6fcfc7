package io.linkspan.api;

import io.vertx.core.json.JsonObject;

/**
 * A user who is in a group.
 *
 * @param user its name
 * @param sessions number of the user's sessions in the group, on all nodes
 */
public record GroupUser(String user, int sessions) {

  /** Reads a user. Ignores fields that it does not know; a missing field is null or 0. */
  public static GroupUser of(JsonObject json) {
    return new GroupUser(BusJson.text(json, "user"), BusJson.count(json, "sessions"));
  }

  /** Returns the form that travels on the bus and in HTTP answers. */
  public JsonObject toJson() {
    return new JsonObject().put("user", user).put("sessions", sessions);
  }
}
