package io.linkspan.protocol;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A map that nearly always has one entry, and needs little memory then: every connection has one.
 * Pure.
 *
 * @param <K> the keys, which are not null
 * @param <V> the values, which are not null
 */
public final class ShortMap<K, V> {

  /** The key of one entry; null when the map is empty. */
  private K key;

  private V value;

  /** All other entries, at least one; null when there are none. */
  private Map<K, V> others;

  /** Returns the value of a key; null when there is none. */
  public V get(K wanted) {
    if (wanted.equals(key)) {
      return value;
    }
    return others == null ? null : others.get(wanted);
  }

  /** Adds an entry, or replaces the value of its key. */
  public void put(K newKey, V newValue) {
    if (key == null || newKey.equals(key)) {
      key = newKey;
      value = newValue;
      return;
    }
    if (others == null) {
      others = new HashMap<>(4);
    }
    others.put(newKey, newValue);
  }

  /** Removes the entry of a key, if there is one. */
  public void remove(K unwanted) {
    if (!unwanted.equals(key)) {
      if (others != null) {
        others.remove(unwanted);
        others = others.isEmpty() ? null : others;
      }
    } else if (others == null) {
      clear();
    } else {
      key = others.keySet().iterator().next();
      value = others.remove(key);
      others = others.isEmpty() ? null : others;
    }
  }

  /** Removes all entries. */
  public void clear() {
    key = null;
    value = null;
    others = null;
  }

  /** Returns the number of entries. */
  public int size() {
    return key == null ? 0 : others == null ? 1 : 1 + others.size();
  }

  /** Returns the present keys, in no particular order. */
  public List<K> keys() {
    List<K> keys = new ArrayList<>(size());
    forEach((present, v) -> keys.add(present));
    return keys;
  }

  /** Passes each entry to an action that does not change the map. */
  public void forEach(BiConsumer<K, V> action) {
    if (key != null) {
      action.accept(key, value);
    }
    if (others != null) {
      others.forEach(action);
    }
  }
}
