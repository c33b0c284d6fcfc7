package io.linkspan.session;

import io.linkspan.api.GroupUser;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Lists the users of a group page by page in the order of their names, with their sessions of all
 * shards. Each shard answers with its first users, as {@link GroupListing} does.
 */
final class UserListing {

  private UserListing() {}

  /** Returns the question to a shard: one more than a page shows whether there is a next page. */
  static JsonObject question(String group, String cursor, int limit) {
    return new JsonObject()
        .put("action", "users")
        .put("group", group)
        .put("cursor", cursor)
        .put("limit", limit + 1);
  }

  /** Returns a shard's answer. A session that is moving counts where it arrives. */
  static JsonArray of(Collection<Session> members, JsonObject question) {
    Map<String, Integer> users = new HashMap<>();
    for (Session member : members) {
      users.merge(member.user(), member.hasMoved() ? 0 : 1, Integer::sum);
    }
    JsonArray listed = new JsonArray();
    GroupListing.first(users.keySet(), question)
        .forEach(user -> listed.add(new GroupUser(user, users.get(user)).toJson()));
    return listed;
  }

  /**
   * Returns the page and the cursor of the next one: {@code {"group":…,"users":[…],"next":cursor or
   * null}}.
   */
  static JsonObject page(String group, List<JsonArray> answers, int limit) {
    SortedMap<String, Integer> all = new TreeMap<>();
    for (JsonArray answer : answers) {
      for (int i = 0; i < answer.size(); i++) {
        GroupUser user = GroupUser.of(answer.getJsonObject(i));
        all.merge(user.user(), user.sessions(), Integer::sum);
      }
    }
    List<GroupUser> page =
        all.entrySet().stream()
            .limit(limit)
            .map(user -> new GroupUser(user.getKey(), Math.max(1, user.getValue())))
            .toList();
    return new JsonObject()
        .put("group", group)
        .put("users", new JsonArray(page.stream().map(GroupUser::toJson).toList()))
        .put("next", all.size() > limit ? page.get(limit - 1).user() : null);
  }
}
