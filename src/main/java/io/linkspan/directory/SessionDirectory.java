package io.linkspan.directory;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Maps sessions, users and groups to the shards that have them. Shared by all event loops.
 *
 * <p>A look-up returns a hint, and the shard that it names decides. If two shards consider
 * themselves the owner of a session, the one in the directory is the owner.
 */
public interface SessionDirectory {

  /** Returns a new public id for a session of this user. */
  default String newId(String user) {
    return SessionIds.random();
  }

  /**
   * Adds a new session.
   *
   * @return the user's sessions with the new one
   */
  Future<UserSessions> add(SessionRef session);

  /**
   * Makes another shard the owner of a session, together with its memberships.
   *
   * @return false, without a change, when {@code from} is not the current owner
   */
  Future<Boolean> move(SessionRef from, SessionRef to);

  /** A session of this node may have a new owner: later look-ups must not use cached entries. */
  default void departs(SessionRef session) {
    // A directory without a cache reads the entry in any case.
  }

  /** Removes a session; does nothing when another entry has replaced it. */
  Future<Void> remove(SessionRef session);

  /** Removes a session, and records as {@link #park} does that its shard has the eventIds. */
  default Future<Void> remove(SessionRef session, long keep) {
    // A node without others has its eventIds itself.
    return remove(session);
  }

  /**
   * Returns the user's sessions, oldest first; empty when there is none. It may be what this node
   * remembers. Then, of a user whose only session has ended, it still names that one.
   */
  Future<List<SessionRef>> sessionsOf(String user);

  /** Returns the user's sessions past all caches, after {@link #sessionsOf} was wrong. */
  default Future<List<SessionRef>> askAgain(String user) {
    return sessionsOf(user);
  }

  /**
   * Records where the recent eventIds of a user are who has no session there any more.
   *
   * @param shard on the node that has them
   * @param keep milliseconds until they are of no use
   */
  default Future<Void> park(String user, String shard, long keep) {
    // A node without others has its eventIds itself.
    return Future.succeededFuture();
  }

  /** Returns the owner of the session; null when there is none. */
  Future<SessionRef> find(String session);

  /**
   * Adds the sessions of this node that the directory has lost, after a partition.
   *
   * @param owned each with its groups
   * @return the sessions that have another owner now
   */
  Future<List<SessionRef>> reclaim(Map<SessionRef, Set<String>> owned);

  /** Records that a session joined a group, for the case that its node crashes. */
  Future<Void> joined(SessionRef session, String group);

  /** Records that a session left a group. */
  Future<Void> left(SessionRef session, String group);

  /** Records the first member of a group on a shard of this node. */
  Future<Void> addGroup(String group, String shard);

  /** Records that the last member of a group on a shard of this node has left. */
  Future<Void> removeGroup(String group, String shard);

  /**
   * Returns the bus addresses that reach all members of a group: shards of this node with members,
   * and other nodes with members.
   */
  Future<Collection<String>> addressesOf(String group);

  /** Returns the counts of look-ups; a directory that asks no other node counts none. */
  default DirectoryLookups lookups() {
    return new DirectoryLookups();
  }

  /** Returns the bus addresses of this node's shards with members of the group. */
  Collection<String> shardsHere(String group);
}
