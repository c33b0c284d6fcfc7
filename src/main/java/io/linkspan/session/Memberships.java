package io.linkspan.session;

import io.linkspan.log.LogPosition;
import io.linkspan.wire.GroupPosition;
import io.linkspan.wire.SessionState;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The groups of one session, each with the position in the group's history up to which the session
 * has everything. Used only on the event loop of the session's shard.
 */
final class Memberships {

  private Map<String, LogPosition> groups = Map.of();

  /** Returns the names of the groups. */
  Set<String> names() {
    return Collections.unmodifiableSet(groups.keySet());
  }

  /** Adds a group; returns whether the session was not a member yet. */
  boolean add(String group) {
    if (groups.isEmpty()) {
      groups = new LinkedHashMap<>(4);
    }
    return groups.putIfAbsent(group, LogPosition.START) == null;
  }

  /** Removes a group; returns whether the session was a member. */
  boolean remove(String group) {
    return !groups.isEmpty() && groups.remove(group) != null;
  }

  /** Returns the position in a group's history; the start where nothing was ever kept. */
  LogPosition position(String group) {
    return groups.getOrDefault(group, LogPosition.START);
  }

  /** Sets the position in the history of a group that the session is a member of. */
  void place(String group, LogPosition position) {
    if (!groups.isEmpty()) {
      groups.replace(group, position);
    }
  }

  /** Takes what the session had on another shard. */
  void restore(SessionState before) {
    before.getGroupsList().forEach(this::add);
    before
        .getPositionsList()
        .forEach(at -> place(at.getGroup(), new LogPosition(at.getEpoch(), at.getOffset())));
  }

  /** Adds all groups to a state. */
  void addTo(SessionState.Builder state) {
    groups.forEach(
        (group, position) -> {
          state.addGroups(group);
          if (!position.equals(LogPosition.START)) {
            state.addPositions(
                GroupPosition.newBuilder()
                    .setGroup(group)
                    .setEpoch(position.epoch())
                    .setOffset(position.offset()));
          }
        });
  }
}
