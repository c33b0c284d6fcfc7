package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import io.linkspan.directory.SessionRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Holds the sessions of one user; the key is the user's name.
 *
 * @param sessions oldest first, never empty
 */
record UserEntry(List<SessionRef> sessions) implements NodeEntry {

  @Override
  public Set<String> nodes() {
    return sessions.stream().map(SessionRef::node).collect(Collectors.toSet());
  }

  /** Adds a session, or replaces its entry; returns all sessions. */
  record Put(SessionRef session) implements EntryProcessor<String, UserEntry, UserEntry> {
    @Override
    public UserEntry process(Map.Entry<String, UserEntry> entry) {
      List<SessionRef> all =
          entry.getValue() == null
              ? new ArrayList<>()
              : new ArrayList<>(entry.getValue().sessions());
      int known = 0;
      while (known < all.size() && !all.get(known).session().equals(session.session())) {
        known++;
      }
      if (known < all.size()) {
        all.set(known, session);
      } else {
        all.add(session);
      }
      var changed = new UserEntry(all);
      entry.setValue(changed);
      return changed;
    }
  }

  /**
   * Reads the entry at its owner, past all near caches. Not marked as read-only, so that it
   * invalidates the near cache of the caller.
   */
  record Read() implements EntryProcessor<String, UserEntry, UserEntry> {
    @Override
    public UserEntry process(Map.Entry<String, UserEntry> entry) {
      return entry.getValue();
    }

    /** Returns null: there is no change for a backup. */
    @Override
    public EntryProcessor<String, UserEntry, UserEntry> getBackupProcessor() {
      return null;
    }
  }

  /** Removes exactly this session on exactly this shard. */
  record Remove(SessionRef session) implements EntryProcessor<String, UserEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, UserEntry> entry) {
      return retain(entry, other -> !other.equals(session));
    }
  }

  /** Removes the sessions of these nodes. */
  static final class RemoveLost extends LostNodes
      implements EntryProcessor<String, UserEntry, Boolean> {

    RemoveLost(Set<String> nodes) {
      super(nodes);
    }

    @Override
    public Boolean process(Map.Entry<String, UserEntry> entry) {
      return retain(entry, session -> !isLost(session.node()));
    }
  }

  /** Removes these sessions, independent of their owner. */
  record RemoveSessions(Set<String> sessions)
      implements EntryProcessor<String, UserEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, UserEntry> entry) {
      return retain(entry, session -> !sessions.contains(session.session()));
    }
  }

  private static boolean retain(Map.Entry<String, UserEntry> entry, Predicate<SessionRef> stays) {
    if (entry.getValue() == null) {
      return false;
    }
    List<SessionRef> rest = entry.getValue().sessions().stream().filter(stays).toList();
    if (rest.size() == entry.getValue().sessions().size()) {
      return false;
    }
    entry.setValue(rest.isEmpty() ? null : new UserEntry(rest));
    return true;
  }
}
