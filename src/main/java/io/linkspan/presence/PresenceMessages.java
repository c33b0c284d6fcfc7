package io.linkspan.presence;

import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.MessageDefaults;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Makes the Messages that watchers receive. Their bodies are JSON:
 *
 * <pre>
 *   {"group", "event":"snapshot", "users":[…], "part":1, "parts":1}
 *   {"group", "event":"change", "joined":[…], "left":[…]}
 *   {"group", "event":"too-large", "max":10000}
 * </pre>
 */
final class PresenceMessages {

  /** Bytes of names in one Message; longer lists are several Messages. */
  static final int MAX_BYTES = 16 << 10;

  /** Bytes of a name in JSON, apart from the name. */
  private static final int QUOTES = 3;

  private final MessageDefaults defaults;
  private final int maxUsers;

  /** Creates the Messages of one shard. */
  PresenceMessages(MessageDefaults defaults, int maxUsers) {
    this.defaults = defaults;
    this.maxUsers = maxUsers;
  }

  /** Returns all users of a group, in parts; a group without users has one. */
  List<Outgoing> snapshot(String group, Collection<String> users) {
    List<List<String>> parts = parts(users);
    if (parts.isEmpty()) {
      parts.add(List.of());
    }
    List<Outgoing> messages = new ArrayList<>(parts.size());
    for (List<String> part : parts) {
      messages.add(
          message(
              group,
              body(group, "snapshot")
                  .put("users", new JsonArray(part))
                  .put("part", messages.size() + 1)
                  .put("parts", parts.size())));
    }
    return messages;
  }

  /** Returns what has changed since the last Messages; each of them is a change of its own. */
  List<Outgoing> change(String group, PresenceView.Change change) {
    List<List<String>> joined = parts(change.joined());
    List<List<String>> left = parts(change.left());
    List<Outgoing> messages = new ArrayList<>(joined.size() + left.size());
    if (joined.size() == 1 && left.size() == 1) {
      messages.add(change(group, joined.get(0), left.get(0)));
    } else {
      joined.forEach(part -> messages.add(change(group, part, List.of())));
      left.forEach(part -> messages.add(change(group, List.of(), part)));
    }
    return messages;
  }

  private Outgoing change(String group, List<String> joined, List<String> left) {
    return message(
        group,
        body(group, "change")
            .put("joined", new JsonArray(joined))
            .put("left", new JsonArray(left)));
  }

  /** Returns the notice that a group has more users than watchers get. */
  List<Outgoing> tooLarge(String group) {
    return List.of(message(group, body(group, "too-large").put("max", maxUsers)));
  }

  private static JsonObject body(String group, String event) {
    return new JsonObject().put("group", group).put("event", event);
  }

  private Outgoing message(String group, JsonObject body) {
    return new Outgoing(
        defaults
            .fill(
                Message.newBuilder()
                    .setType(ReservedTypes.PRESENCE)
                    .setTo("group:" + group)
                    .setContentType("application/json")
                    .setBody(body.encode()))
            .build());
  }

  private static List<List<String>> parts(Collection<String> users) {
    List<List<String>> parts = new ArrayList<>();
    List<String> part = List.of();
    int room = 0;
    for (String user : users) {
      int size = user.getBytes(StandardCharsets.UTF_8).length + QUOTES;
      if (parts.isEmpty() || size > room) {
        part = new ArrayList<>();
        parts.add(part);
        room = MAX_BYTES;
      }
      part.add(user);
      room -= size;
    }
    return parts;
  }
}
