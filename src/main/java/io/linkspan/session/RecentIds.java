package io.linkspan.session;

/**
 * Table of eventIds in order of arrival, each with its time and a state.
 *
 * <p>Entries outlive their Messages by minutes, and objects that do so are what a garbage collector
 * copies most. So an entry is some places in arrays: a ring in order of arrival, and an index into
 * it with linear probing. An eventId is kept as 128 bits of hash; a collision is as likely as two
 * equal random UUIDs, and only the user itself could make one. An empty table has no arrays of its
 * own. Pure; not safe for use by several threads.
 */
final class RecentIds {

  static final int NONE = -1;

  private static final int INITIAL_CAPACITY = 8;

  private static final long[] NO_NUMBERS = {};
  private static final Object[] NO_STATES = {};

  /** The index of an empty table: one slot that is free and that nothing is written to. */
  private static final int[] FREE = {0};

  /** Bytes of the arrays for each entry: three numbers, a reference and two slots of the index. */
  private static final int SLOT = 3 * Long.BYTES + 3 * Integer.BYTES;

  /** Positions count up for ever; an entry's slot is its position modulo the capacity. */
  private long oldest;

  private long end;
  private long[] idHigh = NO_NUMBERS;
  private long[] idLow = NO_NUMBERS;
  private long[] arrived = NO_NUMBERS;

  /** Null where an entry was removed before older ones. */
  private Object[] states = NO_STATES;

  /** Slots plus one, by hash; zero is free. Twice the capacity, so that probes stay short. */
  private int[] index = FREE;

  /** Returns the first 64 bits of an eventId's hash. */
  static long high(String eventId) {
    return hash(eventId, 0x9E3779B97F4A7C15L);
  }

  /** Returns the other 64 bits of an eventId's hash. */
  static long low(String eventId) {
    return hash(eventId, 0xC2B2AE3D27D4EB4FL);
  }

  /** Returns the bytes of the arrays. */
  long bytes() {
    return (long) states.length * SLOT;
  }

  /** Returns whether one more entry makes the arrays twice as large. */
  boolean isFull() {
    return states.length > 0 && end - oldest == states.length;
  }

  /** Returns the number of entries, removed ones included until they are the oldest. */
  long size() {
    return end - oldest;
  }

  /** Returns the position of the oldest entry. */
  long oldest() {
    return oldest;
  }

  /** Returns the position after the newest entry. */
  long end() {
    return end;
  }

  /** Returns the position of an eventId; {@link #NONE} when it is not in the table. */
  long find(long high, long low) {
    for (int i = home(high); index[i] != 0; i = next(i)) {
      int slot = index[i] - 1;
      if (idHigh[slot] == high && idLow[slot] == low) {
        return positionOf(slot);
      }
    }
    return NONE;
  }

  /** Adds an entry, which must not be in the table yet, and returns its position. */
  long append(long high, long low, long time, Object state) {
    if (end - oldest == states.length) {
      grow();
    }
    int slot = slotOf(end);
    idHigh[slot] = high;
    idLow[slot] = low;
    arrived[slot] = time;
    states[slot] = state;
    insert(slot);
    return end++;
  }

  /** Returns the state of an entry; null when it was removed. */
  Object state(long position) {
    return position < oldest ? null : states[slotOf(position)];
  }

  /** Sets the state of an entry, unless it was removed. */
  void setState(long position, Object state) {
    if (state(position) != null) {
      states[slotOf(position)] = state;
    }
  }

  /** Returns when the entry arrived. */
  long arrived(long position) {
    return arrived[slotOf(position)];
  }

  /** Returns the first 64 bits of the entry's hash. */
  long high(long position) {
    return idHigh[slotOf(position)];
  }

  /** Returns the other 64 bits of the entry's hash. */
  long low(long position) {
    return idLow[slotOf(position)];
  }

  /** Removes the oldest entry. */
  void removeOldest() {
    remove(oldest);
    oldest++;
  }

  /** Removes an entry. Those that probed past it in the index move up (Knuth 6.4, Algorithm R). */
  void remove(long position) {
    int slot = slotOf(position);
    if (position < oldest || states[slot] == null) {
      return;
    }
    states[slot] = null;
    int hole = home(idHigh[slot]);
    while (index[hole] != slot + 1) {
      hole = next(hole);
    }
    for (int i = next(hole); index[i] != 0; i = next(i)) {
      int home = home(idHigh[index[i] - 1]);
      boolean reachable = hole < i ? home > hole && home <= i : home > hole || home <= i;
      if (!reachable) {
        index[hole] = index[i];
        hole = i;
      }
    }
    index[hole] = 0;
  }

  private void insert(int slot) {
    int i = home(idHigh[slot]);
    while (index[i] != 0) {
      i = next(i);
    }
    index[i] = slot + 1;
  }

  private void grow() {
    long[] oldHigh = idHigh;
    long[] oldLow = idLow;
    long[] oldArrived = arrived;
    Object[] oldStates = states;
    int capacity = Math.max(INITIAL_CAPACITY, 2 * oldStates.length);
    idHigh = new long[capacity];
    idLow = new long[capacity];
    arrived = new long[capacity];
    states = new Object[capacity];
    index = new int[2 * capacity];
    for (long position = oldest; position < end; position++) {
      int from = (int) position & (oldStates.length - 1);
      int to = slotOf(position);
      idHigh[to] = oldHigh[from];
      idLow[to] = oldLow[from];
      arrived[to] = oldArrived[from];
      states[to] = oldStates[from];
      if (states[to] != null) {
        insert(to);
      }
    }
  }

  private int slotOf(long position) {
    return (int) position & (states.length - 1);
  }

  private long positionOf(int slot) {
    return oldest + ((slot - oldest) & (states.length - 1));
  }

  private int home(long high) {
    return (int) high & (index.length - 1);
  }

  private int next(int i) {
    return (i + 1) & (index.length - 1);
  }

  /** Multiplies and folds, with the finalizer of SplitMix64; two seeds make two hashes. */
  private static long hash(String text, long seed) {
    long hash = seed ^ text.length();
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0xBF58476D1CE4E5B9L;
      hash ^= hash >>> 29;
    }
    hash = (hash ^ (hash >>> 30)) * 0x94D049BB133111EBL;
    return hash ^ (hash >>> 31);
  }
}
