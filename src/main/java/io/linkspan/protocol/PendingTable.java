package io.linkspan.protocol;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts handshakes that are not confirmed, in all and per origin, and finds the oldest, which
 * gives way to a new one when there are too many. A flood thus shortens the time that a client has
 * for its handshake, and takes nothing from those that have joined. Pure.
 *
 * @param <K> an origin, such as a network address
 * @param <T> a handshake
 */
public final class PendingTable<K, T> {

  /** One handshake in the table. */
  public static final class Entry<K, T> {

    private final K origin;
    private final T item;
    private final long since;
    private final Entry<K, T>[] next;
    private final Entry<K, T>[] previous;
    private boolean removed;

    @SuppressWarnings("unchecked") // arrays of a generic type
    private Entry(K origin, T item, long since) {
      this.origin = origin;
      this.item = item;
      this.since = since;
      next = (Entry<K, T>[]) new Entry<?, ?>[2];
      previous = (Entry<K, T>[]) new Entry<?, ?>[2];
    }

    public T item() {
      return item;
    }

    /** Returns when it was added. */
    public long since() {
      return since;
    }
  }

  /** A queue through one of the two pairs of links of the entries. */
  private static final class Queue<K, T> {

    private final int links;
    private Entry<K, T> oldest;
    private Entry<K, T> newest;
    private int size;

    Queue(int links) {
      this.links = links;
    }

    void add(Entry<K, T> entry) {
      size++;
      entry.previous[links] = newest;
      if (newest == null) {
        oldest = entry;
      } else {
        newest.next[links] = entry;
      }
      newest = entry;
    }

    void remove(Entry<K, T> entry) {
      size--;
      Entry<K, T> before = entry.previous[links];
      Entry<K, T> after = entry.next[links];
      if (before == null) {
        oldest = after;
      } else {
        before.next[links] = after;
      }
      if (after == null) {
        newest = before;
      } else {
        after.previous[links] = before;
      }
    }
  }

  private static final int ALL = 0;
  private static final int SAME_ORIGIN = 1;

  private final Queue<K, T> all = new Queue<>(ALL);
  private final Map<K, Queue<K, T>> byOrigin = new HashMap<>();

  /** Adds a handshake that begins now. */
  public Entry<K, T> add(K origin, T item, long now) {
    var entry = new Entry<>(origin, item, now);
    all.add(entry);
    byOrigin.computeIfAbsent(origin, key -> new Queue<>(SAME_ORIGIN)).add(entry);
    return entry;
  }

  /** Removes a handshake that is confirmed or given up; does nothing if it was removed before. */
  public void remove(Entry<K, T> entry) {
    if (entry.removed) {
      return;
    }
    entry.removed = true;
    all.remove(entry);
    Queue<K, T> origin = byOrigin.get(entry.origin);
    origin.remove(entry);
    if (origin.size == 0) {
      byOrigin.remove(entry.origin);
    }
  }

  /** Returns the number of handshakes. */
  public int size() {
    return all.size;
  }

  /** Returns the number of handshakes of an origin. */
  public int size(K origin) {
    Queue<K, T> queue = byOrigin.get(origin);
    return queue == null ? 0 : queue.size;
  }

  /** Returns the oldest handshake, or null. */
  public Entry<K, T> oldest() {
    return all.oldest;
  }

  /** Returns the oldest handshake of an origin, or null. */
  public Entry<K, T> oldest(K origin) {
    Queue<K, T> queue = byOrigin.get(origin);
    return queue == null ? null : queue.oldest;
  }
}
