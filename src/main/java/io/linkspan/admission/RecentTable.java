package io.linkspan.admission;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Holds a value for each of the keys that were used last. Pure; not thread-safe.
 *
 * @param <K> what clients can make up as many of as they like
 * @param <V> mutable state of a key
 */
public final class RecentTable<K, V> {

  private final int max;

  /** Least recently used first. */
  private final Map<K, V> values = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Creates an empty table.
   *
   * @param max keys that are held, at least 1; the least recently used one makes room
   */
  public RecentTable(int max) {
    this.max = max;
  }

  /** Returns the value of a key, which is then the most recently used one; null when it is new. */
  public V find(K key) {
    return values.get(key);
  }

  /** Returns the value of a key, and makes one when it is new. */
  public V findOrAdd(K key, Function<K, V> made) {
    V value = values.get(key);
    if (value == null) {
      if (values.size() >= max) {
        Iterator<V> oldest = values.values().iterator();
        oldest.next();
        oldest.remove();
      }
      value = made.apply(key);
      values.put(key, value);
    }
    return value;
  }

  /** Removes a key. */
  public void remove(K key) {
    values.remove(key);
  }

  /** Removes the least recently used keys, up to the first one that is still of use. */
  public void removeOldest(Predicate<V> useless) {
    Iterator<V> oldest = values.values().iterator();
    while (oldest.hasNext() && useless.test(oldest.next())) {
      oldest.remove();
    }
  }

  /** Returns the number of keys for which something holds; looks at all of them. */
  public int count(BiPredicate<K, V> holds) {
    int count = 0;
    for (Map.Entry<K, V> entry : values.entrySet()) {
      count += holds.test(entry.getKey(), entry.getValue()) ? 1 : 0;
    }
    return count;
  }

  /** Returns the number of keys that are held. */
  public int size() {
    return values.size();
  }
}
