package io.linkspan.directory;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Answers where a user, a session or the members of a group are. Asked by every event loop.
 *
 * <p>What it says is a hint: the shard it names has the last word. But of two shards that both
 * believe to own a session, the one that is entered here does.
 */
public interface SessionDirectory {

  /**
   * Enters a new session.
   *
   * @return the user's sessions with the new one, oldest first
   */
  Future<List<SessionRef>> add(SessionRef session);

  /**
   * Makes another shard the owner of a session, together with its memberships.
   *
   * @return false, and nothing has changed, when {@code from} is not what is entered
   */
  Future<Boolean> move(SessionRef from, SessionRef to);

  /** A session of this node may be another's from now on: what is entered is to be asked. */
  default void departs(SessionRef session) {
    // Where everything is entered in one place, that is asked in any case.
  }

  /** Takes a session out; does nothing when another entry has replaced it. */
  Future<Void> remove(SessionRef session);

  /** The user's sessions, oldest first; empty when there is none. */
  Future<List<SessionRef>> sessionsOf(String user);

  /** The same from where it is entered: what {@link #sessionsOf} said has turned out wrong. */
  default Future<List<SessionRef>> askAgain(String user) {
    return sessionsOf(user);
  }

  /** Where the session is; null when it is nowhere. */
  Future<SessionRef> find(String session);

  /**
   * Enters once more what this node owns, where it has been forgotten: after the node was cut off.
   *
   * @param owned each with its groups
   * @return those that have another owner by now
   */
  Future<List<SessionRef>> reclaim(Map<SessionRef, Set<String>> owned);

  /** Takes note that a session became a member, for the case that its node is killed. */
  Future<Void> joined(SessionRef session, String group);

  /** Takes note that a session is no member any more. */
  Future<Void> left(SessionRef session, String group);

  /** A shard of this node has its first member of a group. */
  Future<Void> addGroup(String group, String shard);

  /** A shard of this node lost its last member of a group. */
  Future<Void> removeGroup(String group, String shard);

  /**
   * Bus addresses that together reach all members of a group: the shards of this node that have
   * some, and each other node that does.
   */
  Future<Collection<String>> addressesOf(String group);

  /** Bus addresses of this node's shards with members of the group. */
  Collection<String> shardsHere(String group);
}
