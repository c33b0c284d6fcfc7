package io.linkspan.presence;

import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** The users with sessions of one shard in one group, and the shards that watch them. Pure. */
final class LocalUsers {

  /** Receives the changes of users who are watched. */
  interface Watcher {

    /** A user of a group has come or gone. */
    void changed(String group, String user);
  }

  /** Bytes of a user's entry, apart from the name. */
  static final long USER = 64;

  private final MemoryAccount memory;

  /** Number of sessions by user. */
  private final Map<String, Integer> sessions = new HashMap<>();

  private final Set<Watcher> watchers = new LinkedHashSet<>();

  /**
   * Creates the users of a group without sessions.
   *
   * @param memory is charged for them
   */
  LocalUsers(MemoryAccount memory) {
    this.memory = memory;
  }

  /** Adds a session; returns whether it is the first one of its user. */
  boolean add(String user) {
    boolean first = sessions.merge(user, 1, Integer::sum) == 1;
    if (first) {
      memory.charge(MemoryUse.GROUPS, costOf(user));
    }
    return first;
  }

  /** Removes a session; returns whether it was the last one of its user. */
  boolean remove(String user) {
    boolean last =
        sessions.containsKey(user)
            && sessions.computeIfPresent(user, (name, count) -> count == 1 ? null : count - 1)
                == null;
    if (last) {
      memory.release(MemoryUse.GROUPS, costOf(user));
    }
    return last;
  }

  /** Returns the names of the users. */
  Set<String> users() {
    return sessions.keySet();
  }

  /** Returns the shards that watch the users. */
  Set<Watcher> watchers() {
    return watchers;
  }

  /** Gives back what was charged. */
  void release() {
    sessions.keySet().forEach(user -> memory.release(MemoryUse.GROUPS, costOf(user)));
  }

  private static long costOf(String user) {
    return USER + MessageCost.ofText(user);
  }
}
