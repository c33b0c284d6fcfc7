package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Group memberships of one shard's sessions. The directory is notified of a group's first member
 * and of the end of its last membership only. Used only on the shard's event loop.
 *
 * @param <S> the shard's sessions
 */
final class Groups<S extends GroupMember> {

  /**
   * Receives the changes of the members that the shard has.
   *
   * @param <S> the shard's sessions
   */
  interface Listener<S> {

    /** A session has joined a group, or was transferred here as a member. */
    void added(S session, String group);

    /** A session has left a group or ended, or another shard has it. */
    void removed(S session, String group);

    /** A session has left a group or ended. */
    void left(S session, String group);
  }

  /** Bytes of a membership apart from the group's name: places in sets, here and there. */
  private static final long MEMBERSHIP = 192;

  /** Is notified of all changes of memberships. */
  interface Observer<S> {

    /**
     * A session has become a member.
     *
     * @param reachable completes when Messages to the group reach it from everywhere
     * @return completes when the membership does
     */
    Future<Void> joined(S session, String group, Future<Void> reachable);

    /**
     * A member was transferred here, or stays here after all.
     *
     * @param reachable completes when Messages to the group reach it from everywhere
     */
    void restored(S session, String group, Future<Void> reachable);

    /** A member has left, or another shard has it. */
    void removed(S session, String group);
  }

  private final SessionDirectory directory;
  private final SessionEvents events;
  private final String shard;
  private final int maxGroups;
  private final MemoryAccount memory;
  private final Map<String, Set<S>> members = new HashMap<>();

  /** Null while there is none. */
  private Listener<S> listener;

  /** Keeps track of the histories; null where nothing is kept. */
  private Observer<S> observer;

  /**
   * Creates the groups of one shard.
   *
   * @param shard its bus address
   * @param maxGroups memberships of one session
   * @param memory is charged for each membership
   */
  Groups(
      SessionDirectory directory,
      SessionEvents events,
      String shard,
      int maxGroups,
      MemoryAccount memory) {
    this.directory = directory;
    this.events = events;
    this.shard = shard;
    this.maxGroups = maxGroups;
    this.memory = memory;
  }

  /** Sets the listener, before the first session joins a group. */
  void listen(Listener<S> all) {
    listener = all;
  }

  /** Sets the observer, before the first session joins a group. */
  void observe(Observer<S> changes) {
    observer = changes;
  }

  /** Makes a session a member; completes when Messages to the group reach it from everywhere. */
  Future<Void> join(S session, String group) {
    if (session.groups().size() >= maxGroups && !session.groups().contains(group)) {
      return Future.failedFuture(
          new MessageException(
              ErrorCode.FORBIDDEN, "a session may be in " + maxGroups + " groups at most"));
    }
    if (!session.memberships().add(group)) {
      return Future.succeededFuture();
    }
    session.replica().joined(group);
    Future<Void> entered = directory.joined(session.ref(), group);
    Future<Void> added = add(session, group);
    return Future.join(entered, observer == null ? added : observer.joined(session, group, added))
        .onSuccess(v -> events.joined(session, group))
        .mapEmpty();
  }

  /** Ends a membership; does nothing when there is none. */
  void leave(S session, String group) {
    if (session.memberships().remove(group)) {
      remove(session, group);
      if (listener != null) {
        listener.left(session, group);
      }
      session.replica().left(group);
      directory.left(session.ref(), group);
      events.left(session, group);
    }
  }

  /** Ends all memberships: the session has ended. */
  void leaveAll(S session) {
    for (String group : List.copyOf(session.groups())) {
      leave(session, group);
    }
  }

  /** Adds a session that was transferred here to its groups, which is not an event. */
  void addTransferred(S session) {
    for (String group : session.groups()) {
      Future<Void> added = add(session, group);
      if (observer != null) {
        observer.restored(session, group, added);
      }
    }
  }

  /** Completes when Messages to the groups of a member reach it from everywhere. */
  Future<Void> reachable(S session) {
    List<Future<Void>> entered = new ArrayList<>();
    session.groups().forEach(group -> entered.add(directory.addGroup(group, shard)));
    return Future.join(entered).mapEmpty();
  }

  /** Removes a session that another shard has from its groups here, which is not an event. */
  void removeTransferred(S session) {
    session.groups().forEach(group -> remove(session, group));
  }

  /** Returns the members of a group. */
  Set<S> membersOf(String group) {
    return members.getOrDefault(group, Set.of());
  }

  /** Returns the names of the groups that have members. */
  Set<String> names() {
    return members.keySet();
  }

  private Future<Void> add(S session, String group) {
    Set<S> sessions = members.computeIfAbsent(group, name -> new LinkedHashSet<>());
    if (sessions.add(session)) {
      memory.charge(MemoryUse.GROUPS, costOf(group));
      if (listener != null) {
        listener.added(session, group);
      }
    }
    return sessions.size() == 1 ? directory.addGroup(group, shard) : Future.succeededFuture();
  }

  private void remove(S session, String group) {
    Set<S> sessions = members.get(group);
    if (sessions == null || !sessions.remove(session)) {
      return;
    }
    memory.release(MemoryUse.GROUPS, costOf(group));
    if (listener != null) {
      listener.removed(session, group);
    }
    if (sessions.isEmpty()) {
      members.remove(group);
      directory.removeGroup(group, shard);
    }
    if (observer != null) {
      observer.removed(session, group);
    }
  }

  private static long costOf(String group) {
    return MEMBERSHIP + MessageCost.ofText(group);
  }
}
