package io.linkspan.presence;

import io.linkspan.wire.GroupUpdate;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The users of one group that a watching shard has not been sent. A user who has changed is sent as
 * present or absent at that time, so changes that cancel each other cost nothing. Pure.
 *
 * <pre>
 *              poll              all are sent
 *   BEGIN ─────────────► SENDING ────────────► FOLLOWING
 *    ▲ ▲                    │                      │
 *    │ └──── restart ───────┴──────────────────────┤
 *    │ shrunk, restart                             │ more users than are sent
 *    └───────────────── TOO_LARGE ◄────────────────┘
 * </pre>
 */
final class PendingUsers {

  private enum State {
    BEGIN,
    SENDING,
    FOLLOWING,
    TOO_LARGE
  }

  private final String group;
  private final LocalUsers local;
  private final PresenceConfig config;
  private Set<String> changed = new LinkedHashSet<>();
  private State state = State.BEGIN;

  /** Creates the pending users of a shard that has none yet. */
  PendingUsers(String group, LocalUsers local, PresenceConfig config) {
    this.group = group;
    this.local = local;
    this.config = config;
  }

  /** Returns the users of the group. */
  LocalUsers local() {
    return local;
  }

  /** A user has come or gone; returns whether there is something to send. */
  boolean changed(String user) {
    switch (state) {
      case BEGIN -> {
        // All users are to be sent.
      }
      case SENDING, FOLLOWING -> changed.add(user);
      case TOO_LARGE -> {
        if (local.users().size() > config.shrunkUsers()) {
          return false;
        }
        restart();
      }
    }
    return true;
  }

  /** All users are sent again. */
  void restart() {
    state = State.BEGIN;
    changed.clear();
  }

  /** Returns whether there is something to send. */
  boolean hasMore() {
    return switch (state) {
      case BEGIN, SENDING -> true;
      case FOLLOWING -> !changed.isEmpty();
      case TOO_LARGE -> false;
    };
  }

  /**
   * Returns the next part, to be called while there is more.
   *
   * @param room bytes of names; the last one may be beyond it
   */
  GroupUpdate poll(long room) {
    GroupUpdate.Builder update = GroupUpdate.newBuilder().setGroup(group);
    if (local.users().size() > config.maxUsers()) {
      state = State.TOO_LARGE;
      changed.clear();
      return update.setTooLarge(true).build();
    }
    if (state == State.BEGIN) {
      state = State.SENDING;
      changed = new LinkedHashSet<>(local.users());
      update.setBegin(true);
    }
    long left = room;
    for (Iterator<String> users = changed.iterator(); left > 0 && users.hasNext(); ) {
      String user = users.next();
      users.remove();
      left -= user.length();
      if (local.users().contains(user)) {
        update.addJoined(user);
      } else {
        update.addLeft(user);
      }
    }
    if (state == State.SENDING && changed.isEmpty()) {
      state = State.FOLLOWING;
      update.setEnd(true);
    }
    return update.build();
  }
}
