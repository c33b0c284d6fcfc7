package io.linkspan.api.testing;

import io.linkspan.api.GroupInfo;
import io.linkspan.api.GroupUser;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Answers questions for pages of sessions and groups as a gateway does. Pure. */
final class FakeListings {

  private FakeListings() {}

  /**
   * Returns a page of sessions.
   *
   * @param sessions all sessions, in the order of their ids
   */
  static JsonObject sessions(List<SessionInfo> sessions, JsonObject question) {
    String group = question.getString("group");
    String address = question.getString("address");
    String cursor = textOf(question, "cursor");
    List<SessionInfo> all =
        sessions.stream()
            .filter(
                session ->
                    isWanted(question.getString("user"), session.user())
                        && isWanted(question.getString("transport"), session.transport())
                        && isWanted(question.getString("session"), session.session())
                        && (group == null || session.groups().contains(group))
                        && (address == null || session.remote().startsWith(address + ':'))
                        && session.session().compareTo(cursor) > 0)
            .toList();
    int limit = question.getInteger("limit", SessionQuery.DEFAULT_LIMIT);
    List<SessionInfo> page = all.subList(0, Math.min(limit, all.size()));
    return new JsonObject()
        .put("sessions", new JsonArray(page.stream().map(SessionInfo::toJson).toList()))
        .put("next", all.size() > limit ? page.get(limit - 1).session() : null);
  }

  /** Returns a page of the groups of all sessions. */
  static JsonObject groups(List<SessionInfo> sessions, JsonObject question) {
    String prefix = textOf(question, "prefix");
    String cursor = textOf(question, "cursor");
    SortedMap<String, Integer> members = new TreeMap<>();
    for (SessionInfo session : sessions) {
      session.groups().forEach(group -> members.merge(group, 1, Integer::sum));
    }
    List<GroupInfo> all =
        members.entrySet().stream()
            .filter(group -> group.getKey().startsWith(prefix))
            .filter(group -> group.getKey().compareTo(cursor) > 0)
            .map(group -> new GroupInfo(group.getKey(), group.getValue()))
            .toList();
    int limit = question.getInteger("limit", SessionQuery.DEFAULT_LIMIT);
    List<GroupInfo> page = all.subList(0, Math.min(limit, all.size()));
    return new JsonObject()
        .put("groups", new JsonArray(page.stream().map(GroupInfo::toJson).toList()))
        .put("next", all.size() > limit ? page.get(limit - 1).group() : null);
  }

  /** Returns a page of the users of a group. */
  static JsonObject users(List<SessionInfo> sessions, String group, JsonObject question) {
    String cursor = textOf(question, "cursor");
    SortedMap<String, Integer> users = new TreeMap<>();
    sessions.stream()
        .filter(session -> session.groups().contains(group))
        .filter(session -> session.user().compareTo(cursor) > 0)
        .forEach(session -> users.merge(session.user(), 1, Integer::sum));
    List<GroupUser> all =
        users.entrySet().stream()
            .map(user -> new GroupUser(user.getKey(), user.getValue()))
            .toList();
    int limit = question.getInteger("limit", SessionQuery.DEFAULT_LIMIT);
    List<GroupUser> page = all.subList(0, Math.min(limit, all.size()));
    return new JsonObject()
        .put("group", group)
        .put("users", new JsonArray(page.stream().map(GroupUser::toJson).toList()))
        .put("next", all.size() > limit ? page.get(limit - 1).user() : null);
  }

  /** Returns the history of a group that has none. */
  static JsonObject noHistory() {
    return new JsonObject()
        .put("messages", new JsonArray())
        .put("position", "0:0")
        .put("recovered", false)
        .put("more", false);
  }

  private static String textOf(JsonObject question, String field) {
    String text = question.getString(field);
    return text == null ? "" : text;
  }

  private static boolean isWanted(String wanted, String value) {
    return wanted == null || wanted.equals(value);
  }
}
