package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.ExtendedMapEntry;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.UserSessions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Holds the sessions of one user with their owners and groups; the key is one of {@link UserKeys}.
 * Users whose keys are equal share an entry.
 *
 * @param sessions oldest first; empty only where eventIds are parked
 * @param groups of each session that is a member of any, by its id
 * @param parked where eventIds of sessions that have ended are; null when they are nowhere. Of
 *     users who share the entry, the last one has it.
 */
record UserEntry(List<SessionRef> sessions, Map<String, Set<String>> groups, Parked parked)
    implements NodeEntry {

  private static final UserEntry NONE = new UserEntry(List.of(), Map.of(), null);

  /**
   * Where the recent eventIds of a user are.
   *
   * @param shard on the node that has them
   * @param until time in milliseconds, by the clock of the node that has the entry, until which
   *     they are of use
   */
  record Parked(String user, String shard, long until) {

    private static Parked forNow(String user, String shard, long keep) {
      return new Parked(user, shard, System.currentTimeMillis() + keep);
    }

    private long left() {
      return until - System.currentTimeMillis();
    }
  }

  @Override
  public Set<String> nodes() {
    return sessions.stream().map(SessionRef::node).collect(Collectors.toSet());
  }

  /** Returns those of the sessions that a user has, oldest first. */
  static List<SessionRef> of(List<SessionRef> sessions, String user) {
    for (SessionRef session : sessions) {
      if (!session.user().equals(user)) {
        return sessions.stream().filter(other -> other.user().equals(user)).toList();
      }
    }
    return sessions;
  }

  /** Returns what is known of a user. */
  UserSessions about(String user) {
    return new UserSessions(
        of(sessions, user),
        parked != null && parked.user().equals(user) && parked.left() > 0 ? parked.shard() : null);
  }

  /** Returns the session with this id; null when there is none. */
  SessionRef find(String id) {
    for (SessionRef session : sessions) {
      if (session.session().equals(id)) {
        return session;
      }
    }
    return null;
  }

  Set<String> groupsOf(SessionRef session) {
    return groups.getOrDefault(session.session(), Set.of());
  }

  /** Returns an entry that has this session, at the place of the one with its id. */
  private UserEntry with(SessionRef session) {
    List<SessionRef> all = new ArrayList<>(sessions);
    SessionRef known = find(session.session());
    if (known == null) {
      all.add(session);
    } else {
      all.set(all.indexOf(known), session);
    }
    return new UserEntry(all, groups, parked);
  }

  private UserEntry with(SessionRef session, Set<String> its) {
    Map<String, Set<String>> changed = new HashMap<>(groups);
    if (its.isEmpty()) {
      changed.remove(session.session());
    } else {
      changed.put(session.session(), its);
    }
    return new UserEntry(sessions, changed, parked);
  }

  /** Returns an entry with the sessions that match. */
  private UserEntry only(Predicate<SessionRef> matching) {
    List<SessionRef> rest = sessions.stream().filter(matching).toList();
    Map<String, Set<String>> their = new HashMap<>();
    for (SessionRef session : rest) {
      if (groups.containsKey(session.session())) {
        their.put(session.session(), groupsOf(session));
      }
    }
    return new UserEntry(rest, their, parked);
  }

  private UserEntry with(Parked where) {
    return new UserEntry(sessions, groups, where);
  }

  /** Sets the entry; one without sessions ends when the eventIds are of no use any more. */
  private static void set(Map.Entry<String, UserEntry> entry, UserEntry changed) {
    if (!changed.sessions().isEmpty()) {
      entry.setValue(changed);
    } else if (changed.parked() == null || changed.parked().left() <= 0) {
      entry.setValue(null);
    } else {
      ((ExtendedMapEntry<String, UserEntry>) entry)
          .setValue(changed, changed.parked().left(), TimeUnit.MILLISECONDS);
    }
  }

  private static UserEntry valueOf(Map.Entry<String, UserEntry> entry) {
    return entry.getValue() == null ? NONE : entry.getValue();
  }

  /** Adds a session; returns the entry with it. */
  record Add(SessionRef session) implements EntryProcessor<String, UserEntry, UserEntry> {
    @Override
    public UserEntry process(Map.Entry<String, UserEntry> entry) {
      UserEntry changed = valueOf(entry).with(session);
      entry.setValue(changed);
      return changed;
    }
  }

  /** Makes another shard the owner of a session if {@code from} is; returns whether it was. */
  record Move(SessionRef from, SessionRef to)
      implements EntryProcessor<String, UserEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, UserEntry> entry) {
      UserEntry old = valueOf(entry);
      if (!from.equals(old.find(from.session()))) {
        return false;
      }
      entry.setValue(old.with(to));
      return true;
    }
  }

  /**
   * Removes exactly this session on exactly this shard; returns whether others remain.
   *
   * @param keep milliseconds for which the shard has eventIds of the session's user, or 0
   */
  record Remove(SessionRef session, long keep)
      implements EntryProcessor<String, UserEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, UserEntry> entry) {
      UserEntry old = valueOf(entry);
      boolean owned = session.equals(old.find(session.session()));
      if (!owned && keep == 0) {
        return !old.sessions().isEmpty();
      }
      UserEntry rest = owned ? old.only(other -> !other.equals(session)) : old;
      set(
          entry,
          keep == 0 ? rest : rest.with(Parked.forNow(session.user(), session.shard(), keep)));
      return !rest.sessions().isEmpty();
    }
  }

  /** Records where the recent eventIds of a user are. */
  record Park(String user, String shard, long keep)
      implements EntryProcessor<String, UserEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, UserEntry> entry) {
      set(entry, valueOf(entry).with(Parked.forNow(user, shard, keep)));
      return true;
    }
  }

  /** Records a membership, or its end, if the shard is the owner. */
  record Membership(SessionRef session, String group, boolean member)
      implements EntryProcessor<String, UserEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, UserEntry> entry) {
      UserEntry old = valueOf(entry);
      if (!session.equals(old.find(session.session()))
          || old.groupsOf(session).contains(group) == member) {
        return false;
      }
      Set<String> its = new HashSet<>(old.groupsOf(session));
      if (member) {
        its.add(group);
      } else {
        its.remove(group);
      }
      entry.setValue(old.with(session, its));
      return true;
    }
  }

  /** Result of a {@link Reclaim}. */
  enum Claim {
    /** The session was in the entry. */
    KEPT,
    /** The session had been removed. */
    RESTORED,
    /** Another shard owns the session. */
    LOST
  }

  /** Adds a session if it has no other owner; returns the name of a {@link Claim}. */
  record Reclaim(SessionRef session, Set<String> groups)
      implements EntryProcessor<String, UserEntry, String> {
    @Override
    public String process(Map.Entry<String, UserEntry> entry) {
      UserEntry old = valueOf(entry);
      SessionRef entered = old.find(session.session());
      if (entered != null && !entered.equals(session)) {
        return Claim.LOST.name();
      }
      entry.setValue(old.with(session).with(session, groups));
      return (entered == null ? Claim.RESTORED : Claim.KEPT).name();
    }
  }

  /** Removes the sessions of lost nodes, and returns an entry with these; null without any. */
  static final class TakeLost extends LostNodes
      implements EntryProcessor<String, UserEntry, UserEntry> {

    TakeLost(Set<String> nodes) {
      super(nodes);
    }

    @Override
    public UserEntry process(Map.Entry<String, UserEntry> entry) {
      UserEntry old = valueOf(entry);
      UserEntry rest = old.only(session -> !isLost(session.node()));
      if (rest.sessions().size() == old.sessions().size()) {
        return null;
      }
      set(entry, rest);
      return old.only(session -> !rest.sessions().contains(session));
    }
  }
}
