package io.linkspan.session.replica;

import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import io.linkspan.wire.GroupPosition;
import io.linkspan.wire.Identified;
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

    /** Groups with their positions; with the default instance where nothing was kept. */
    final Map<String, GroupPosition> groups = new LinkedHashMap<>();

    /** Most clients watch no group. */
    Set<String> watched = Set.of();

    final Map<Long, Pending> pending = new LinkedHashMap<>();
    final EndedStreams ended = new EndedStreams();
    long cost = SESSION;
  }

  /** Bytes of a replica with nothing in it. */
  private static final long SESSION = 768;

  /** Bytes of the id of a streamed answer that has ended. */
  private static final long ENDED_STREAM = 160;

  /** Bytes of a membership, apart from its name. */
  private static final long MEMBERSHIP = 64;

  private final MemoryAccount memory;

  private final Map<String, Map<String, Kept>> byOwner = new HashMap<>();

  /**
   * Creates an empty store.
   *
   * @param memory is charged for the replicas
   */
  public ReplicaStore(MemoryAccount memory) {
    this.memory = memory;
  }

  /** Applies the changes of an owner, in their order. */
  public void apply(Copy copy) {
    if (copy.getAnew()) {
      release(byOwner.remove(copy.getOwner()));
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
    release(kept);
    return kept == null ? null : stateOf(kept);
  }

  /** Returns the owners of replicas that a predicate selects. */
  public List<String> owners(Predicate<String> which) {
    return byOwner.keySet().stream().filter(which).toList();
  }

  /** Returns whether there are replicas of an owner's sessions. */
  public boolean has(String owner) {
    return byOwner.containsKey(owner);
  }

  /** Removes the sessions of one owner and returns them. */
  public List<SessionState> takeAll(String owner) {
    Map<String, Kept> sessions = byOwner.remove(owner);
    release(sessions);
    return sessions == null
        ? List.of()
        : new ArrayList<>(sessions.values().stream().map(ReplicaStore::stateOf).toList());
  }

  /** Returns the number of replicas. */
  public int size() {
    return byOwner.values().stream().mapToInt(Map::size).sum();
  }

  private void apply(Map<String, Kept> sessions, Change change) {
    switch (change.getWhatCase()) {
      case PUT -> {
        Kept kept = kept(change.getPut());
        memory.charge(MemoryUse.REPLICAS, kept.cost);
        release(sessions.put(change.getSession(), kept));
      }
      case DROPPED -> release(sessions.remove(change.getSession()));
      default -> {
        Kept kept = sessions.get(change.getSession());
        if (kept != null) {
          long before = kept.cost;
          apply(kept, change);
          memory.change(MemoryUse.REPLICAS, kept.cost - before);
        }
      }
    }
  }

  private static void apply(Kept kept, Change change) {
    switch (change.getWhatCase()) {
      case ADDED -> add(kept, change.getNumber(), change.getAdded());
      case ATTEMPTED ->
          kept.pending.computeIfPresent(
              change.getAttempted().getNumber(),
              (number, pending) ->
                  pending.toBuilder().setAttempts(change.getAttempted().getFailed()).build());
      case REMOVED -> kept.cost -= costOf(kept.pending.remove(change.getRemoved()));
      case JOINED -> join(kept, change.getJoined());
      case LEFT -> remove(kept, kept.groups.keySet(), change.getLeft());
      case PLACED -> kept.groups.replace(change.getPlaced().getGroup(), change.getPlaced());
      case WATCHED -> watch(kept, change.getWatched());
      case UNWATCHED -> remove(kept, kept.watched, change.getUnwatched());
      case ANCHOR -> kept.anchor = change.getAnchor();
      case AWAY -> kept.away = change.getAway();
      case IDENTIFIED -> {
        Identified identified = change.getIdentified();
        kept.cost -= costOfToken(kept.head);
        kept.head =
            kept.head.toBuilder()
                .setTokenId(identified.getTokenId())
                .setIssuedAt(identified.getIssuedAt())
                .build();
        kept.cost += costOfToken(kept.head);
      }
      case PUT, DROPPED, WHAT_NOT_SET -> {
        // Handled above, or from a node of another version.
      }
    }
  }

  private static Kept kept(SessionState state) {
    Kept kept = new Kept();
    kept.head =
        state.toBuilder()
            .clearGroups()
            .clearPositions()
            .clearWatched()
            .clearPending()
            .clearEndedStreams()
            .build();
    kept.cost += costOfToken(kept.head);
    kept.anchor = state.getAnchor();
    kept.away = state.getAway();
    state.getGroupsList().forEach(group -> join(kept, group));
    state.getWatchedList().forEach(group -> watch(kept, group));
    kept.ended.restore(state.getEndedStreamsList());
    kept.cost += ENDED_STREAM * kept.ended.ids().size();
    state.getPositionsList().forEach(at -> kept.groups.replace(at.getGroup(), at));
    state.getPendingList().forEach(pending -> add(kept, pending.getNumber(), pending));
    return kept;
  }

  private static void add(Kept kept, long number, Pending pending) {
    int ended = kept.ended.ids().size();
    kept.ended.accepted(pending.getMessage());
    kept.cost += ENDED_STREAM * (kept.ended.ids().size() - ended);
    kept.cost += costOf(pending) - costOf(kept.pending.put(number, pending));
  }

  private static void join(Kept kept, String group) {
    if (kept.groups.putIfAbsent(group, GroupPosition.getDefaultInstance()) == null) {
      kept.cost += costOf(group);
    }
  }

  private static void watch(Kept kept, String group) {
    if (kept.watched.isEmpty()) {
      kept.watched = new LinkedHashSet<>();
    }
    if (kept.watched.add(group)) {
      kept.cost += costOf(group);
    }
  }

  private static void remove(Kept kept, Set<String> groups, String group) {
    if (groups.contains(group)) {
      groups.remove(group);
      kept.cost -= costOf(group);
    }
  }

  private static long costOf(Pending pending) {
    return pending == null ? 0 : MessageCost.of(pending.getMessage());
  }

  private static long costOf(String group) {
    return MEMBERSHIP + MessageCost.ofText(group);
  }

  private static long costOfToken(SessionState head) {
    return head.getTokenId().isEmpty() ? 0 : MessageCost.ofText(head.getTokenId());
  }

  private void release(Map<String, Kept> sessions) {
    if (sessions != null) {
      sessions.values().forEach(this::release);
    }
  }

  private void release(Kept kept) {
    if (kept != null) {
      memory.release(MemoryUse.REPLICAS, kept.cost);
    }
  }

  private static SessionState stateOf(Kept kept) {
    SessionState.Builder state =
        kept.head.toBuilder()
            .setAnchor(kept.anchor)
            .setAway(kept.away)
            .addAllWatched(kept.watched)
            .addAllEndedStreams(kept.ended.ids());
    kept.groups.forEach(
        (group, at) -> {
          state.addGroups(group);
          if (at.getEpoch() != 0) {
            state.addPositions(at);
          }
        });
    for (Pending pending : kept.pending.values()) {
      // It may have been written; a client that can name its last event is not sent it again.
      state.addPending(pending.toBuilder().setWritten(true));
    }
    return state.build();
  }
}
