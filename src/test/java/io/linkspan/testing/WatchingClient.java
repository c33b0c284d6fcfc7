package io.linkspan.testing;

import io.linkspan.api.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Keeps the users of the groups that a client watches, as the documentation for clients says, and
 * notes everything that contradicts what was received before.
 */
public final class WatchingClient {

  private static final class Group {
    Set<String> users;
    Set<String> fresh;
    int parts;
    boolean tooLarge;
    int snapshots;
    final List<String> changes = new ArrayList<>();
  }

  private final Map<String, Group> groups = new HashMap<>();
  private final List<String> contradictions = new ArrayList<>();

  /** Takes a Message of type group_presence. */
  public void receive(Message message) {
    JsonObject body = new JsonObject(message.getBody());
    Group group = groups.computeIfAbsent(body.getString("group"), name -> new Group());
    switch (body.getString("event")) {
      case "snapshot" -> snapshot(group, body);
      case "change" -> change(group, body);
      case "too-large" -> {
        group.users = null;
        group.tooLarge = true;
      }
      default -> contradictions.add("unknown " + body);
    }
  }

  private void snapshot(Group group, JsonObject body) {
    int part = body.getInteger("part");
    if (part == 1) {
      group.fresh = new TreeSet<>();
    } else if (group.fresh == null || part != group.parts + 1) {
      contradictions.add("part out of order in " + body);
      return;
    }
    group.parts = part;
    for (String user : names(body, "users")) {
      if (!group.fresh.add(user)) {
        contradictions.add(user + " is twice in " + body);
      }
    }
    if (part == body.getInteger("parts")) {
      group.users = group.fresh;
      group.fresh = null;
      group.tooLarge = false;
      group.snapshots++;
    }
  }

  private void change(Group group, JsonObject body) {
    if (group.users == null || group.fresh != null) {
      contradictions.add("no snapshot before " + body);
      return;
    }
    for (String user : names(body, "joined")) {
      group.changes.add("+" + user);
      if (!group.users.add(user)) {
        contradictions.add(user + " was present before " + body);
      }
    }
    for (String user : names(body, "left")) {
      group.changes.add("-" + user);
      if (!group.users.remove(user)) {
        contradictions.add(user + " was absent before " + body);
      }
    }
  }

  private static List<String> names(JsonObject body, String field) {
    JsonArray names = body.getJsonArray(field);
    return names.stream().map(String.class::cast).toList();
  }

  /** Returns the users of a group; null before the first snapshot and while it is too large. */
  public Set<String> users(String group) {
    Group known = groups.get(group);
    return known == null || known.users == null ? null : Set.copyOf(known.users);
  }

  /** Returns whether a group has too many users. */
  public boolean isTooLarge(String group) {
    return groups.containsKey(group) && groups.get(group).tooLarge;
  }

  /** Returns the number of complete snapshots of a group. */
  public int snapshots(String group) {
    return groups.containsKey(group) ? groups.get(group).snapshots : 0;
  }

  /** Returns the changes of a group, as {@code +user} and {@code -user}. */
  public List<String> changes(String group) {
    return groups.containsKey(group) ? List.copyOf(groups.get(group).changes) : List.of();
  }

  /** Returns what contradicts earlier Messages. */
  public List<String> contradictions() {
    return List.copyOf(contradictions);
  }
}
