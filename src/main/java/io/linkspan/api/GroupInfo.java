package io.linkspan.api;

import io.vertx.core.json.JsonObject;

/**
 * A group that has members.
 *
 * @param group its name
 * @param members number of sessions in it, on all nodes
 */
public record GroupInfo(String group, int members) {

  /** Reads a group. Ignores fields that it does not know; a missing field is null or 0. */
  public static GroupInfo of(JsonObject json) {
    return new GroupInfo(BusJson.text(json, "group"), BusJson.count(json, "members"));
  }

  /** Returns the form that travels on the bus and that {@code GET /v1/groups} shows. */
  public JsonObject toJson() {
    return new JsonObject().put("group", group).put("members", members);
  }
}
