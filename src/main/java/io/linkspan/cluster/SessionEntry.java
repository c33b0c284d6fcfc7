package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import io.linkspan.directory.SessionRef;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Entry of a session in the directory; the key is the session's id.
 *
 * @param user of the session
 * @param shard bus address of its owner
 * @param groups of the session
 */
record SessionEntry(String user, String shard, Set<String> groups) implements NodeEntry {

  static SessionEntry of(SessionRef session, Set<String> groups) {
    return new SessionEntry(session.user(), session.shard(), Set.copyOf(groups));
  }

  SessionRef ref(String session) {
    return new SessionRef(session, user, shard);
  }

  @Override
  public Set<String> nodes() {
    return Set.of(ref("").node());
  }

  /** Makes {@code to} the owner if {@code from} is the owner; returns whether it was. */
  record Move(String from, String to) implements EntryProcessor<String, SessionEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, SessionEntry> entry) {
      SessionEntry old = entry.getValue();
      if (old == null || !old.shard().equals(from)) {
        return false;
      }
      entry.setValue(new SessionEntry(old.user(), to, old.groups()));
      return true;
    }
  }

  /** Removes the entry if the shard is its owner. */
  record Remove(String shard) implements EntryProcessor<String, SessionEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, SessionEntry> entry) {
      SessionEntry old = entry.getValue();
      if (old == null || !old.shard().equals(shard)) {
        return false;
      }
      entry.setValue(null);
      return true;
    }
  }

  /** Records a membership, or its end, if the shard is the owner. */
  record Membership(String shard, String group, boolean member)
      implements EntryProcessor<String, SessionEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, SessionEntry> entry) {
      SessionEntry old = entry.getValue();
      if (old == null || !old.shard().equals(shard) || old.groups().contains(group) == member) {
        return false;
      }
      Set<String> groups = new HashSet<>(old.groups());
      if (member) {
        groups.add(group);
      } else {
        groups.remove(group);
      }
      entry.setValue(new SessionEntry(old.user(), old.shard(), groups));
      return true;
    }
  }

  /** Result of a {@link Reclaim}. */
  enum Claim {
    /** The entry existed. */
    KEPT,
    /** The entry had been removed. */
    RESTORED,
    /** Another shard owns the session. */
    LOST
  }

  /** Adds a session if there is no other owner; returns the name of a {@link Claim}. */
  record Reclaim(SessionEntry mine) implements EntryProcessor<String, SessionEntry, String> {
    @Override
    public String process(Map.Entry<String, SessionEntry> entry) {
      SessionEntry old = entry.getValue();
      if (old != null && !old.shard().equals(mine.shard())) {
        return Claim.LOST.name();
      }
      entry.setValue(mine);
      return (old == null ? Claim.RESTORED : Claim.KEPT).name();
    }
  }

  /** Removes an entry that a predicate has selected, and returns it. */
  record TakeOut() implements EntryProcessor<String, SessionEntry, SessionEntry> {
    @Override
    public SessionEntry process(Map.Entry<String, SessionEntry> entry) {
      SessionEntry old = entry.getValue();
      entry.setValue(null);
      return old;
    }
  }
}
