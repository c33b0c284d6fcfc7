package io.linkspan.session;

import io.linkspan.admission.RemoteAddress;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Lists sessions page by page in the order of their ids, combined from the answers of all shards. A
 * shard answers with one page at most, so the work and the reply are bounded.
 */
final class SessionListing {

  private static final String LIMIT = "limit";

  private SessionListing() {}

  /** Returns the question to a shard: one more than a page shows whether there is a next page. */
  static JsonObject question(JsonObject filter, int limit) {
    return new JsonObject()
        .put("action", "sessions")
        .put("user", filter.getString("user"))
        .put("group", filter.getString("group"))
        .put("transport", filter.getString("transport"))
        .put("session", filter.getString("session"))
        .put("address", filter.getString("address"))
        .put("cursor", filter.getString("cursor"))
        .put(LIMIT, limit + 1);
  }

  /**
   * Returns a shard's answer.
   *
   * @param candidates its sessions, or those in the group that the question names
   * @param node id of its node
   */
  static JsonArray of(Collection<Session> candidates, JsonObject question, String node) {
    String user = question.getString("user");
    String transport = question.getString("transport");
    String id = question.getString("session");
    String address = question.getString("address");
    String cursor = question.getString("cursor");
    int limit = question.getInteger(LIMIT);
    // The head is the session that is removed first.
    var first = new PriorityQueue<Session>(Comparator.comparing(Session::id).reversed());
    for (Session session : candidates) {
      if ((cursor == null || session.id().compareTo(cursor) > 0)
          && (user == null || user.equals(session.user()))
          && (transport == null || isConnectedBy(transport, session))
          && (id == null || id.equals(session.id()))
          && (address == null || isConnectedFrom(address, session))) {
        first.add(session);
        if (first.size() > limit) {
          first.remove();
        }
      }
    }
    JsonArray listed = new JsonArray();
    first.stream().map(session -> toJson(session, node)).forEach(listed::add);
    return listed;
  }

  private static JsonObject toJson(Session session, String node) {
    boolean linked = session.client().link() != null;
    return new JsonObject()
        .put("session", session.id())
        .put("user", session.user())
        .put("transport", linked ? session.transport() : null)
        .put("node", node)
        .put("remote", linked ? session.client().link().remote() : null)
        .put("connectedAt", Instant.ofEpochMilli(session.client().connectedAt()).toString())
        .put(
            "lastSeenAt",
            session.transport() == null
                ? null
                : Instant.ofEpochMilli(session.client().lastSeenAt()).toString())
        .put("groups", new JsonArray(List.copyOf(session.groups())))
        .put("pending", session.pending())
        .put("resumable", session.token() != null);
  }

  private static boolean isConnectedBy(String transport, Session session) {
    return session.client().link() != null && transport.equals(session.client().link().transport());
  }

  private static boolean isConnectedFrom(String address, Session session) {
    return session.client().link() != null
        && address.equals(RemoteAddress.host(session.client().link().remote()));
  }

  /**
   * Returns the page and the cursor of the next one: {@code {"sessions":[…],"next":cursor or
   * null}}.
   */
  static JsonObject page(List<JsonArray> answers, int limit) {
    List<JsonObject> all =
        answers.stream()
            .flatMap(JsonArray::stream)
            .map(JsonObject.class::cast)
            .sorted(Comparator.comparing(SessionListing::id))
            .toList();
    List<JsonObject> page = all.subList(0, Math.min(limit, all.size()));
    return new JsonObject()
        .put("sessions", new JsonArray(page))
        .put("next", all.size() > limit ? id(page.get(limit - 1)) : null);
  }

  private static String id(JsonObject session) {
    return session.getString("session");
  }
}
