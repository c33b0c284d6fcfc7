package io.linkspan.session;

import io.linkspan.api.GroupInfo;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * Lists groups page by page in the order of their names, with the members of all shards. A shard
 * answers with one page of its first groups, which includes all that it has of the first page of
 * all shards. So the counts are exact, and the work and the reply are bounded.
 */
final class GroupListing {

  private GroupListing() {}

  /** Returns the question to a shard: one more than a page shows whether there is a next page. */
  static JsonObject question(String prefix, String cursor, int limit) {
    return new JsonObject()
        .put("action", "groups")
        .put("prefix", prefix)
        .put("cursor", cursor)
        .put("limit", limit + 1);
  }

  /**
   * Returns a shard's answer.
   *
   * @param names of its groups
   * @param members counts the members of a group
   */
  static JsonArray of(Iterable<String> names, ToIntFunction<String> members, JsonObject question) {
    JsonArray listed = new JsonArray();
    first(names, question)
        .forEach(name -> listed.add(new GroupInfo(name, members.applyAsInt(name)).toJson()));
    return listed;
  }

  /** Returns the first names, in no order, that a question asks for. */
  static Collection<String> first(Iterable<String> names, JsonObject question) {
    String prefix = question.getString("prefix");
    String cursor = question.getString("cursor");
    int limit = question.getInteger("limit");
    // The head is the name that is removed first.
    var first = new PriorityQueue<String>(Comparator.reverseOrder());
    for (String name : names) {
      if ((prefix == null || name.startsWith(prefix))
          && (cursor == null || name.compareTo(cursor) > 0)) {
        first.add(name);
        if (first.size() > limit) {
          first.remove();
        }
      }
    }
    return first;
  }

  /**
   * Returns the page and the cursor of the next one: {@code {"groups":[…],"next":cursor or null}}.
   */
  static JsonObject page(List<JsonArray> answers, int limit) {
    SortedMap<String, Integer> all = new TreeMap<>();
    for (JsonArray answer : answers) {
      for (int i = 0; i < answer.size(); i++) {
        GroupInfo group = GroupInfo.of(answer.getJsonObject(i));
        all.merge(group.group(), group.members(), Integer::sum);
      }
    }
    List<GroupInfo> page =
        all.entrySet().stream()
            .limit(limit)
            .map(group -> new GroupInfo(group.getKey(), group.getValue()))
            .toList();
    return new JsonObject()
        .put("groups", new JsonArray(page.stream().map(GroupInfo::toJson).toList()))
        .put("next", all.size() > limit ? page.get(limit - 1).group() : null);
  }
}
