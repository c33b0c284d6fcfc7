package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import io.linkspan.directory.SessionRef;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the directory knows of a session; its key is the session's id.
 *
 * @param user whose it is
 * @param shard bus address of its owner
 * @param groups it is a member of
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

  /** Makes {@code to} the owner where {@code from} is; false where it is not. */
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

  /** Removes the entry where the shard is its owner. */
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

  /** Notes a membership, or its end, where the shard is the owner. */
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

  /** How a {@link Reclaim} went. */
  enum Claim {
    /** It was there still. */
    KEPT,
    /** It had been removed. */
    RESTORED,
    /** Somebody else owns it. */
    LOST
  }

  /** Enters a session where no other owner is entered; answers with the name of a {@link Claim}. */
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

  /** Removes an entry that a predicate has picked, and answers with it. */
  record TakeOut() implements EntryProcessor<String, SessionEntry, SessionEntry> {
    @Override
    public SessionEntry process(Map.Entry<String, SessionEntry> entry) {
      SessionEntry old = entry.getValue();
      entry.setValue(null);
      return old;
    }
  }
}
