package io.linkspan.session;

import io.linkspan.directory.SessionRef;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The sessions of one shard: those that it owns, and those that have moved to other shards
 * recently, for which it forwards what still arrives. Used only on the shard's event loop.
 */
final class SessionTable {

  /** Bytes of a session with nothing in it, and of its entries in tables. */
  static final long SESSION = 2_048;

  private final MemoryAccount memory;
  private final Map<String, Session> owned = new LinkedHashMap<>();
  private final Map<String, Session> moved = new HashMap<>();

  /** With those that have moved. */
  private final Map<String, List<Session>> byUser = new HashMap<>();

  /**
   * Creates an empty table.
   *
   * @param memory is charged for each session
   */
  SessionTable(MemoryAccount memory) {
    this.memory = memory;
  }

  /** Adds a session that the shard owns. */
  void add(Session session) {
    memory.charge(MemoryUse.SESSIONS, SESSION);
    owned.put(session.id(), session);
    byUser.merge(session.user(), List.of(session), SessionTable::together);
  }

  /** Most users have one session, for which an immutable list is half as large. */
  private static List<Session> together(List<Session> present, List<Session> added) {
    List<Session> all = present.size() == 1 ? new ArrayList<>(present) : present;
    all.addAll(added);
    return all;
  }

  /** Removes a session that has ended. */
  void remove(Session session) {
    owned.remove(session.id());
    memory.release(MemoryUse.SESSIONS, SESSION);
    removeFromUser(session);
  }

  /** Marks a session as moved to another shard. */
  void move(Session session) {
    owned.remove(session.id());
    moved.put(session.id(), session);
  }

  /** Marks a session as owned again. */
  void moveBack(Session session) {
    moved.remove(session.id());
    owned.put(session.id(), session);
  }

  /** Removes a session that has moved. */
  void forget(Session session) {
    moved.remove(session.id(), session);
    memory.release(MemoryUse.SESSIONS, SESSION);
    removeFromUser(session);
  }

  /** Returns an owned session; null when there is none with this id. */
  Session find(String id) {
    return owned.get(id);
  }

  /** Returns a session that has moved; null when there is none with this id. */
  Session findMoved(String id) {
    return moved.get(id);
  }

  /** Returns the session with this id, owned or moved, in a list; null when there is none. */
  List<Session> ofId(String id) {
    Session session = owned.get(id);
    if (session == null) {
      session = moved.get(id);
    }
    return session == null ? null : List.of(session);
  }

  /** Returns the user's sessions, owned and moved; null when there are none. */
  List<Session> ofUser(String user) {
    return byUser.get(user);
  }

  /** Returns the owned sessions, oldest first. */
  Collection<Session> owned() {
    return owned.values();
  }

  /** Returns the entries of all owned sessions, with their groups. */
  Map<SessionRef, Set<String>> owners() {
    Map<SessionRef, Set<String>> all = new HashMap<>();
    owned.values().forEach(session -> all.put(session.ref(), Set.copyOf(session.groups())));
    return all;
  }

  /** Returns the entry of an owned session, with its groups; empty when there is none. */
  Map<SessionRef, Set<String>> ownerOf(String id) {
    Session session = owned.get(id);
    return session == null ? Map.of() : Map.of(session.ref(), Set.copyOf(session.groups()));
  }

  /** Returns whether sessions have moved recently. */
  boolean hasMoved() {
    return !moved.isEmpty();
  }

  private void removeFromUser(Session session) {
    byUser.computeIfPresent(session.user(), (user, all) -> without(session, all));
  }

  /** Returns the others; null when there are none. */
  private static List<Session> without(Session session, List<Session> all) {
    if (all.size() == 1) {
      return all.get(0) == session ? null : all;
    }
    all.remove(session);
    return all;
  }
}
