package io.linkspan.session.replica;

import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Collects the changes of one shard's sessions for the shard that keeps their replicas. One batch
 * is in flight at a time; changes made meanwhile are the next one. Pure.
 *
 * <pre>
 *             peer named               all taken             change
 *   DETACHED ────────────► TO BEGIN ────────────► SENT ◄───────────────► IDLE
 *      ▲                      ▲                     │      confirmed
 *      └── no peer            └─────────────────────┘ not confirmed
 * </pre>
 */
public final class ReplicationLog {

  /** Runs when all that was recorded before is replicated, or when there is no peer any more. */
  private record Watcher(long position, Runnable action) {}

  /** Bytes of a change that is recorded, apart from its fields. */
  private static final long CHANGE = 160;

  private final String owner;
  private final MemoryAccount memory;
  private final int maxChanges;
  private final List<Watcher> watchers = new ArrayList<>();
  private List<Change> changes = new ArrayList<>();
  private String peer;
  private boolean begin;
  private boolean complete;
  private boolean sent;
  private long batch;
  private long recorded;
  private long sentUntil;
  private long copiedUntil;

  /**
   * Creates an empty log without a peer.
   *
   * @param owner bus address of the shard
   * @param maxChanges recorded and not sent; beyond it, the whole state is sent instead
   * @param memory is charged for them
   */
  public ReplicationLog(String owner, int maxChanges, MemoryAccount memory) {
    this.owner = owner;
    this.memory = memory;
    this.maxChanges = maxChanges;
  }

  /** Sets the shard that keeps the replica from now on; null when there is none. */
  public void follow(String address) {
    if (Objects.equals(address, peer)) {
      return;
    }
    peer = address;
    begin = address != null;
    complete = false;
    sent = false;
    clear();
    if (address == null) {
      release(Long.MAX_VALUE);
    }
  }

  /** Returns the bus address of the shard that keeps the replica; null when there is none. */
  public String peer() {
    return peer;
  }

  /** Returns whether changes are recorded. */
  public boolean isFollowed() {
    return peer != null;
  }

  /** Returns whether the peer has confirmed a replica of the whole shard. */
  public boolean isComplete() {
    return complete;
  }

  /** Records a change. */
  public void record(Change change) {
    if (peer == null) {
      return;
    }
    recorded++;
    if (begin) {
      // It is part of the state that the replica begins with.
      return;
    }
    if (changes.size() >= maxChanges) {
      clear();
      begin = true;
    } else {
      changes.add(change);
      memory.charge(MemoryUse.REPLICAS, costOf(change));
    }
  }

  /** Runs an action when all that was recorded until now is replicated; at once without a peer. */
  public void whenCopied(Runnable action) {
    if (peer == null || copiedUntil >= recorded) {
      action.run();
    } else {
      watchers.add(new Watcher(recorded, action));
    }
  }

  /**
   * Returns the next batch for the peer; null when there is none, or one is in flight.
   *
   * @param all returns the whole state of the shard; called when the replica begins anew
   */
  public Copy poll(Supplier<List<Change>> all) {
    if (peer == null || sent || (!begin && changes.isEmpty())) {
      return null;
    }
    Copy.Builder copy = Copy.newBuilder().setOwner(owner).setAnew(begin);
    copy.addAllChanges(begin ? all.get() : changes);
    clear();
    begin = false;
    sent = true;
    sentUntil = recorded;
    batch++;
    return copy.build();
  }

  /** Returns the number of the batch that {@link #poll} returned last. */
  public long batch() {
    return batch;
  }

  /**
   * Ends the batch in flight; an answer to an earlier batch is ignored. The peer may have changed
   * twice meanwhile, and be the same again.
   *
   * @return false for an earlier batch
   */
  public boolean answered(long number, boolean confirmed) {
    if (number != batch || !sent) {
      return false;
    }
    sent = false;
    if (confirmed) {
      complete = true;
      copiedUntil = sentUntil;
      release(copiedUntil);
    } else {
      // The state of the peer is not known.
      clear();
      begin = true;
    }
    return true;
  }

  private void clear() {
    for (Change change : changes) {
      memory.release(MemoryUse.REPLICAS, costOf(change));
    }
    changes = new ArrayList<>();
  }

  private static long costOf(Change change) {
    return CHANGE + 2L * change.getSerializedSize();
  }

  private void release(long until) {
    List<Watcher> due = new ArrayList<>();
    watchers.removeIf(watcher -> watcher.position() <= until && due.add(watcher));
    due.forEach(watcher -> watcher.action().run());
  }
}
