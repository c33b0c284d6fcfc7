package io.linkspan.presence;

import io.linkspan.wire.GroupUpdate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The users of one group, put together from all shards that may have sessions in it. A user is
 * present while any shard has one, and for {@link #LEAVE_DELAY} longer: a session that moves, or a
 * client that connects again, does not leave. Pure.
 *
 * <pre>
 *                all shards have sent their users
 *   GATHERING ───────────────────────────────────► PRESENT ◄──────┐
 *       │                                             │           │ shrunk, and all have sent
 *       │ more users than watchers get                ▼           │
 *       └──────────────────────────────────────► TOO_LARGE ───────┘
 * </pre>
 */
final class PresenceView {

  /** States of the view. */
  enum State {
    GATHERING,
    PRESENT,
    TOO_LARGE
  }

  /** Users who have joined and left since the last poll; one of the lists is not empty. */
  record Change(List<String> joined, List<String> left) {}

  /** The users of one shard. */
  private static final class Shard {
    /** Whether all have been received once. */
    boolean complete;

    boolean tooLarge;
    final Set<String> users = new HashSet<>();

    /** The part of a complete list that has been received; null between complete lists. */
    Set<String> fresh;
  }

  /** Time for which a user without sessions is still present; milliseconds. */
  static final long LEAVE_DELAY = 1_000;

  private final PresenceConfig config;
  private final Map<String, Shard> shards = new HashMap<>();

  /** Users with sessions, with the number of shards that have some. */
  private final Map<String, Integer> present = new HashMap<>();

  /** Users that watchers have been sent. */
  private final Set<String> announced = new LinkedHashSet<>();

  /** Users with sessions that watchers have not been sent. */
  private final Set<String> joining = new LinkedHashSet<>();

  /** Announced users without sessions, with the time at which they leave; the earliest first. */
  private final Map<String, Long> leaving = new LinkedHashMap<>();

  private State state = State.GATHERING;

  /** Creates the view of a group before any shard has sent its users. */
  PresenceView(PresenceConfig config) {
    this.config = config;
  }

  /** Adds a shard whose users are not known; keeps those of one that was added before. */
  void add(String shard) {
    shards.computeIfAbsent(shard, address -> new Shard());
  }

  /** A shard has ended, or has not started: it has no users for now. */
  void absent(String shard) {
    Shard gone = shards.get(shard);
    if (gone != null) {
      gone.complete = true;
    }
  }

  /** Removes a shard and the users that only it had. */
  void remove(String shard, long now) {
    Shard gone = shards.remove(shard);
    if (gone != null) {
      gone.users.forEach(user -> left(user, now));
    }
  }

  /** Takes users of a shard; one that was not added is ignored. */
  void update(String address, GroupUpdate update, long now) {
    Shard shard = shards.get(address);
    if (shard == null) {
      return;
    }
    shard.tooLarge = update.getTooLarge();
    if (update.getTooLarge()) {
      shard.complete = false;
      shard.fresh = null;
      retain(shard, Set.of(), now);
      return;
    }
    if (update.getBegin()) {
      shard.fresh = new HashSet<>();
    }
    for (String user : update.getJoinedList()) {
      if (shard.fresh != null) {
        shard.fresh.add(user);
      }
      if (shard.users.add(user)) {
        joined(user);
      }
    }
    for (String user : update.getLeftList()) {
      if (shard.fresh != null) {
        shard.fresh.remove(user);
      }
      if (shard.users.remove(user)) {
        left(user, now);
      }
    }
    if (update.getEnd() && shard.fresh != null) {
      retain(shard, shard.fresh, now);
      shard.fresh = null;
      shard.complete = true;
    }
  }

  private void retain(Shard shard, Set<String> users, long now) {
    for (String user : List.copyOf(shard.users)) {
      if (!users.contains(user)) {
        shard.users.remove(user);
        left(user, now);
      }
    }
  }

  private void joined(String user) {
    present.merge(user, 1, Integer::sum);
    if (leaving.remove(user) == null && !announced.contains(user)) {
      joining.add(user);
    }
  }

  private void left(String user, long now) {
    if (present.computeIfPresent(user, (name, count) -> count == 1 ? null : count - 1) == null
        && !joining.remove(user)) {
      leaving.put(user, now + LEAVE_DELAY);
    }
  }

  /**
   * Brings what watchers are sent up to date.
   *
   * @return what has changed for watchers that have all users; null for nothing, and when the state
   *     has changed or is not {@link State#PRESENT}
   */
  Change poll(long now) {
    State before = state;
    state = next();
    if (state != State.PRESENT) {
      if (before == State.PRESENT) {
        joining.addAll(present.keySet());
        announced.clear();
        leaving.clear();
      }
      return null;
    }
    List<String> joined = List.copyOf(joining);
    announced.addAll(joining);
    joining.clear();
    List<String> left = new ArrayList<>();
    leaving.forEach(
        (user, at) -> {
          if (at <= now) {
            left.add(user);
          }
        });
    left.forEach(
        user -> {
          leaving.remove(user);
          announced.remove(user);
        });
    return before != State.PRESENT || (joined.isEmpty() && left.isEmpty())
        ? null
        : new Change(joined, left);
  }

  private State next() {
    int most = state == State.TOO_LARGE ? config.shrunkUsers() : config.maxUsers();
    if (present.size() > most || shards.values().stream().anyMatch(shard -> shard.tooLarge)) {
      return State.TOO_LARGE;
    }
    return state == State.PRESENT || isComplete() ? State.PRESENT : State.GATHERING;
  }

  /** Returns whether all shards have sent their users. */
  boolean isComplete() {
    return shards.values().stream().allMatch(shard -> shard.complete);
  }

  /** Returns the state as of the last poll. */
  State state() {
    return state;
  }

  /** Returns the users as of the last poll. */
  Set<String> users() {
    return Collections.unmodifiableSet(announced);
  }

  /** Returns when the next user leaves; {@link Long#MAX_VALUE} for never. */
  long nextDeadline() {
    return leaving.isEmpty() ? Long.MAX_VALUE : leaving.values().iterator().next();
  }

  /** Returns the number of entries that the view holds, for an estimate of its memory. */
  int entries() {
    return present.size()
        + announced.size()
        + joining.size()
        + leaving.size()
        + shards.values().stream().mapToInt(shard -> shard.users.size()).sum();
  }
}
