package io.linkspan.session.replica;

import io.linkspan.time.Scheduler;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures how far the replica of one shard is behind: the changes that its holder has not
 * confirmed. Written on the shard's event loop, read on any thread.
 */
public final class ReplicationLag {

  /** The time of the oldest change when there is none. */
  static final long NONE = Long.MAX_VALUE;

  /** Changes of which none or all are sent. */
  private static final class Batch {
    private long changes;
    private long bytes;
    private long since = NONE;

    void clear() {
      changes = 0;
      bytes = 0;
      since = NONE;
    }

    void take(Batch other) {
      changes += other.changes;
      bytes += other.bytes;
      since = Math.min(since, other.since);
      other.clear();
    }
  }

  private final Batch unsent = new Batch();
  private final Batch sent = new Batch();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong since = new AtomicLong(NONE);

  /** Creates a lag of nothing. */
  public ReplicationLag() {}

  /** The holder lacks a change of so many bytes. */
  void changed(long size, Scheduler clock) {
    if (unsent.since == NONE) {
      unsent.since = clock.now();
    }
    unsent.changes++;
    unsent.bytes += size;
    publish();
  }

  /** All that the holder lacks is sent. */
  void sent() {
    sent.take(unsent);
  }

  /** The holder has confirmed what was sent. */
  void confirmed() {
    sent.clear();
    publish();
  }

  /** The holder has not confirmed what was sent, which is sent again. */
  void failed() {
    unsent.take(sent);
  }

  /** The replica begins anew at another holder, which lacks everything, or has none. */
  void begins(boolean hasHolder, Scheduler clock) {
    sent.clear();
    unsent.clear();
    if (hasHolder) {
      unsent.since = clock.now();
    }
    publish();
  }

  private void publish() {
    changes.setOpaque(unsent.changes + sent.changes);
    bytes.setOpaque(unsent.bytes + sent.bytes);
    since.setOpaque(Math.min(unsent.since, sent.since));
  }

  /** Returns the number of changes. */
  long changes() {
    return changes.getOpaque();
  }

  /** Returns the bytes of all changes. */
  long bytes() {
    return bytes.getOpaque();
  }

  /** Returns the milliseconds that the oldest change has waited; 0 when there is none. */
  long age(long now) {
    long oldest = since.getOpaque();
    return oldest == NONE ? 0 : Math.max(0, now - oldest);
  }
}
