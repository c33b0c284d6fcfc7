package io.linkspan.session.replica;

import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import java.util.ArrayList;
import java.util.List;

/**
 * The changes of one shard's sessions on their way to the shard that keeps a copy. One batch is on
 * its way at a time, and what happens meanwhile makes the next. Pure.
 *
 * <pre>
 *             peer named               all taken             change
 *   DETACHED ────────────► TO BEGIN ────────────► SENT ◄───────────────► IDLE
 *      ▲                      ▲                     │      confirmed
 *      └── no peer            └─────────────────────┘ not confirmed
 * </pre>
 */
public final class ReplicationLog {

  /** What is to happen when all that was recorded before is copied, or never will be. */
  private record Watcher(long position, Runnable action) {}

  private final String owner;
  private final int maxChanges;
  private final List<Watcher> watchers = new ArrayList<>();
  private List<Change> changes = new ArrayList<>();
  private String peer;
  private boolean begin;
  private boolean sent;
  private long recorded;
  private long sentUntil;
  private long copiedUntil;

  /**
   * @param owner bus address of the shard
   * @param maxChanges recorded and not sent; with more the copy is begun anew
   */
  public ReplicationLog(String owner, int maxChanges) {
    this.owner = owner;
    this.maxChanges = maxChanges;
  }

  /** Who keeps the copy from now on; null for nobody. */
  public void follow(String address) {
    if (java.util.Objects.equals(address, peer)) {
      return;
    }
    peer = address;
    begin = address != null;
    sent = false;
    changes.clear();
    if (address == null) {
      release(Long.MAX_VALUE);
    }
  }

  /** Bus address of the shard that keeps the copy; null when none does. */
  public String peer() {
    return peer;
  }

  /** Whether changes are worth recording. */
  public boolean isFollowed() {
    return peer != null;
  }

  /** Takes note of a change. */
  public void record(Change change) {
    if (peer == null) {
      return;
    }
    recorded++;
    if (begin) {
      // It is part of what the copy begins with.
      return;
    }
    if (changes.size() >= maxChanges) {
      changes.clear();
      begin = true;
    } else {
      changes.add(change);
    }
  }

  /** Runs the action when all that was recorded until now is copied; at once when nobody copies. */
  public void whenCopied(Runnable action) {
    if (peer == null || copiedUntil >= recorded) {
      action.run();
    } else {
      watchers.add(new Watcher(recorded, action));
    }
  }

  /**
   * What to send to the peer now; null when nothing is to be sent, or something is on its way.
   *
   * @param all everything the shard has, asked for when the copy has to begin anew
   */
  public Copy poll(java.util.function.Supplier<List<Change>> all) {
    if (peer == null || sent || (!begin && changes.isEmpty())) {
      return null;
    }
    Copy.Builder copy = Copy.newBuilder().setOwner(owner).setAnew(begin);
    copy.addAllChanges(begin ? all.get() : changes);
    changes = new ArrayList<>();
    begin = false;
    sent = true;
    sentUntil = recorded;
    return copy.build();
  }

  /**
   * What became of the batch.
   *
   * @param to the peer it was sent to
   */
  public void answered(String to, boolean confirmed) {
    if (!to.equals(peer) || !sent) {
      return;
    }
    sent = false;
    if (confirmed) {
      copiedUntil = sentUntil;
      release(copiedUntil);
    } else {
      // What the peer has is not known.
      changes.clear();
      begin = true;
    }
  }

  private void release(long until) {
    List<Watcher> due = new ArrayList<>();
    watchers.removeIf(watcher -> watcher.position() <= until && due.add(watcher));
    due.forEach(watcher -> watcher.action().run());
  }
}
