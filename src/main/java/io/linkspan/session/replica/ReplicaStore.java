package io.linkspan.session.replica;

import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Stores replicas of other shards' sessions, in case their node is lost. Pure. */
public final class ReplicaStore {

  private static final class Kept {
    SessionState head;
    String anchor;
    boolean away;
    final Set<String> groups = new LinkedHashSet<>();
    final Map<Long, Pending> pending = new LinkedHashMap<>();
  }

  private final Map<String, Map<String, Kept>> byOwner = new HashMap<>();

  /** Applies the changes of an owner, in their order. */
  public void apply(Copy copy) {
    if (copy.getAnew()) {
      byOwner.remove(copy.getOwner());
    }
    Map<String, Kept> sessions =
        byOwner.computeIfAbsent(copy.getOwner(), owner -> new LinkedHashMap<>());
    for (Change change : copy.getChangesList()) {
      apply(sessions, change);
    }
    if (sessions.isEmpty()) {
      byOwner.remove(copy.getOwner());
    }
  }

  /** Removes a session and returns it; null when there is no replica of it. */
  public SessionState take(String owner, String session) {
    Map<String, Kept> sessions = byOwner.get(owner);
    Kept kept = sessions == null ? null : sessions.remove(session);
    return kept == null ? null : stateOf(kept);
  }

  /** Returns the owners of replicas that a predicate selects. */
  public List<String> owners(Predicate<String> which) {
    return byOwner.keySet().stream().filter(which).toList();
  }

  /** Removes the sessions of one owner and returns them. */
  public List<SessionState> takeAll(String owner) {
    Map<String, Kept> sessions = byOwner.remove(owner);
    return sessions == null
        ? List.of()
        : new ArrayList<>(sessions.values().stream().map(ReplicaStore::stateOf).toList());
  }

  /** Returns the number of replicas. */
  public int size() {
    return byOwner.values().stream().mapToInt(Map::size).sum();
  }

  private static void apply(Map<String, Kept> sessions, Change change) {
    switch (change.getWhatCase()) {
      case PUT -> sessions.put(change.getSession(), kept(change.getPut()));
      case DROPPED -> sessions.remove(change.getSession());
      default -> {
        Kept kept = sessions.get(change.getSession());
        if (kept != null) {
          apply(kept, change);
        }
      }
    }
  }

  private static void apply(Kept kept, Change change) {
    switch (change.getWhatCase()) {
      case ADDED -> kept.pending.put(change.getNumber(), change.getAdded());
      case ATTEMPTED ->
          kept.pending.computeIfPresent(
              change.getAttempted().getNumber(),
              (number, pending) ->
                  pending.toBuilder().setAttempts(change.getAttempted().getFailed()).build());
      case REMOVED -> kept.pending.remove(change.getRemoved());
      case JOINED -> kept.groups.add(change.getJoined());
      case LEFT -> kept.groups.remove(change.getLeft());
      case ANCHOR -> kept.anchor = change.getAnchor();
      case AWAY -> kept.away = change.getAway();
      case PUT, DROPPED, WHAT_NOT_SET -> {
        // Handled above, or from a node of another version.
      }
    }
  }

  private static Kept kept(SessionState state) {
    Kept kept = new Kept();
    kept.head = state.toBuilder().clearGroups().clearPending().build();
    kept.anchor = state.getAnchor();
    kept.away = state.getAway();
    kept.groups.addAll(state.getGroupsList());
    state.getPendingList().forEach(pending -> kept.pending.put(pending.getNumber(), pending));
    return kept;
  }

  private static SessionState stateOf(Kept kept) {
    SessionState.Builder state =
        kept.head.toBuilder().setAnchor(kept.anchor).setAway(kept.away).addAllGroups(kept.groups);
    for (Pending pending : kept.pending.values()) {
      // It may have been written; a client that can name its last event is not sent it again.
      state.addPending(pending.toBuilder().setWritten(true));
    }
    return state.build();
  }
}
