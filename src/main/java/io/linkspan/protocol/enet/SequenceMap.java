package io.linkspan.protocol.enet;

import java.util.Arrays;

/**
 * Maps 16-bit sequence numbers to entries of a channel, by open addressing. Sequence numbers come
 * in runs, which the hash keeps apart, so probes are short.
 */
final class SequenceMap<T extends SequenceMap.Numbered> {

  /** An entry, whose number does not change while it is in a map. */
  interface Numbered {
    int sequence();
  }

  private static final int INITIAL = 8;

  private Numbered[] slots = new Numbered[INITIAL];
  private int size;

  int size() {
    return size;
  }

  @SuppressWarnings("unchecked") // only a T is ever put in
  T get(int sequence) {
    int mask = slots.length - 1;
    for (int i = home(sequence, mask); slots[i] != null; i = (i + 1) & mask) {
      if (slots[i].sequence() == sequence) {
        return (T) slots[i];
      }
    }
    return null;
  }

  /** Adds an entry whose number is not in the map. */
  void put(T entry) {
    if (2 * ++size > slots.length) {
      resize(2 * slots.length);
    }
    insert(entry);
  }

  T remove(int sequence) {
    var found = get(sequence);
    if (found == null) {
      return null;
    }
    int mask = slots.length - 1;
    int hole = home(sequence, mask);
    while (slots[hole] != found) {
      hole = (hole + 1) & mask;
    }
    slots[hole] = null;
    // An entry that its run pushed past the hole moves into it.
    for (int i = (hole + 1) & mask; slots[i] != null; i = (i + 1) & mask) {
      int distance = (i - home(slots[i].sequence(), mask)) & mask;
      if (distance >= ((i - hole) & mask)) {
        slots[hole] = slots[i];
        slots[i] = null;
        hole = i;
      }
    }
    if (--size == 0 && slots.length > 16 * INITIAL) {
      slots = new Numbered[INITIAL];
    }
    return found;
  }

  void clear() {
    size = 0;
    Arrays.fill(slots, null);
  }

  private void resize(int length) {
    var old = slots;
    slots = new Numbered[length];
    for (var entry : old) {
      if (entry != null) {
        insert(entry);
      }
    }
  }

  private void insert(Numbered entry) {
    int mask = slots.length - 1;
    int i = home(entry.sequence(), mask);
    while (slots[i] != null) {
      i = (i + 1) & mask;
    }
    slots[i] = entry;
  }

  private static int home(int sequence, int mask) {
    return ((sequence * 0x9E3779B1) >>> 15) & mask;
  }
}
