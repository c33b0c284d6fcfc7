package io.linkspan.session;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;

/**
 * Answers where a user, a session or the members of a group are. Asked by every event loop.
 *
 * <p>What it says is a hint: the shard it names has the last word.
 */
public interface SessionDirectory {

  /**
   * Enters a session.
   *
   * @return the user's sessions with the new one, oldest first
   */
  Future<List<SessionRef>> add(SessionRef session);

  /** Takes a session out; does nothing when another entry has replaced it. */
  Future<Void> remove(SessionRef session);

  /** The user's sessions, oldest first; empty when there is none. */
  Future<List<SessionRef>> sessionsOf(String user);

  /** Where the session is; null when it is nowhere. */
  Future<SessionRef> find(String session);

  /** A shard has its first member of a group. */
  Future<Void> addGroup(String group, String shard);

  /** A shard lost its last member of a group. */
  Future<Void> removeGroup(String group, String shard);

  /** Bus addresses of the shards with members of the group. */
  Future<Collection<String>> shardsOf(String group);
}
