package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.wire.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The eventIds of one user's recent Messages. Shared by the event loops of that user's sessions,
 * hence synchronized; nobody else waits for it.
 *
 * <p>Entries outlive their Messages by minutes, and objects that do so are what a garbage collector
 * copies most. So an entry is some places in arrays: a ring in order of arrival, and an index into
 * it with linear probing. An eventId is kept as 128 bits of hash; a collision is as likely as two
 * equal random UUIDs, and nobody but the user itself could make one.
 */
final class DuplicateWindow {

  /** Repetitions that wait for one Message to end; further ones get no answer of their own. */
  private static final int MAX_WAITING = 16;

  private static final int INITIAL_CAPACITY = 8;
  private static final int NONE = -1;

  private static final Ending UNKNOWN =
      new Ending(
          new MessageException(
              ErrorCode.TIMEOUT, "the node that had it was not heard of again: send it once more"));

  /** How a Message ended: acknowledged, or refused for a reason. */
  record Ending(MessageException refusal) {
    static final Ending ACKNOWLEDGED = new Ending(null);
  }

  /** A Message that has not ended. */
  static final class Entry {
    private final long position;
    private List<Consumer<Ending>> waiting;

    private Entry(long position) {
      this.position = position;
    }
  }

  private final int max;
  private final long window;

  /** Positions count up for ever; an entry's slot is its position modulo the capacity. */
  private long oldest;

  private long end;
  private long[] idHigh = new long[INITIAL_CAPACITY];
  private long[] idLow = new long[INITIAL_CAPACITY];
  private long[] arrived = new long[INITIAL_CAPACITY];

  /** An {@link Entry}, an {@link Ending}, or null where an expired entry has a successor. */
  private Object[] states = new Object[INITIAL_CAPACITY];

  /** Slots plus one, by hash; zero is free. Twice the capacity, so that probes stay short. */
  private int[] index = new int[2 * INITIAL_CAPACITY];

  /** Kept by {@link DuplicateFilter}, under its lock. */
  int users;

  /** Kept by {@link DuplicateFilter}, under its lock. */
  long parkedAt;

  /**
   * @param max entries, at least 1
   * @param window milliseconds an entry is kept
   */
  DuplicateWindow(int max, long window) {
    this.max = max;
    this.window = window;
  }

  /**
   * Takes note of a Message.
   *
   * @param onEnding if it is a repetition, told how the first one ended: now, if it has, else when
   *     it does, on whatever thread ends it
   * @return the entry to {@link #end}, or null for a repetition
   */
  Entry admit(String eventId, long now, Consumer<Ending> onEnding) {
    long high = hash(eventId, 0x9E3779B97F4A7C15L);
    long low = hash(eventId, 0xC2B2AE3D27D4EB4FL);
    Ending ending;
    synchronized (this) {
      int slot = find(high, low);
      if (slot != NONE && expired(slot, now)) {
        forget(slot);
        slot = NONE;
      }
      if (slot == NONE) {
        return append(high, low, now);
      }
      if (states[slot] instanceof Entry entry) {
        wait(entry, onEnding);
        return null;
      }
      ending = (Ending) states[slot];
    }
    onEnding.accept(ending);
    return null;
  }

  /** The Message has ended; all who sent it again learn how. */
  void end(Entry entry, Ending ending) {
    List<Consumer<Ending>> waiting;
    synchronized (this) {
      if (entry.position >= oldest) {
        states[slotOf(entry.position)] = ending;
      }
      waiting = entry.waiting;
      entry.waiting = null;
    }
    if (waiting != null) {
      waiting.forEach(waiter -> waiter.accept(ending));
    }
  }

  /** All of it, oldest first, for a node to which a session of this user goes. */
  synchronized List<Seen> export(long now) {
    List<Seen> all = new ArrayList<>();
    for (long position = oldest; position < end; position++) {
      int slot = slotOf(position);
      if (states[slot] != null && !expired(slot, now)) {
        all.add(describe(slot, now));
      }
    }
    return all;
  }

  /** What to tell the node to which the session went; null when it has been forgotten. */
  synchronized Seen describe(Entry entry, long now) {
    int slot = slotOf(entry.position);
    return entry.position < oldest || states[slot] == null ? null : describe(slot, now);
  }

  /**
   * Takes over what another node has seen, where it is news.
   *
   * @return the entry of a Message that has not ended yet, to {@link #end} or {@link #abandon};
   *     else null
   */
  synchronized Entry restore(Seen seen, long now) {
    if (find(seen.getHigh(), seen.getLow()) != NONE) {
      return null;
    }
    Entry entry = append(seen.getHigh(), seen.getLow(), now - seen.getAgeMs());
    if (seen.getOpen()) {
      return entry;
    }
    states[slotOf(entry.position)] = endingOf(seen);
    return null;
  }

  /** Another node says how a Message ended that was open when its session came here. */
  void end(Seen seen) {
    Entry entry;
    synchronized (this) {
      int slot = find(seen.getHigh(), seen.getLow());
      entry = slot != NONE && states[slot] instanceof Entry open ? open : null;
    }
    if (entry != null) {
      end(entry, endingOf(seen));
    }
  }

  /**
   * How the Message ended will never be known: it may be sent again, and those that wait hear it.
   */
  void abandon(Entry entry) {
    List<Consumer<Ending>> waiting;
    synchronized (this) {
      if (entry.position < oldest || states[slotOf(entry.position)] != entry) {
        return;
      }
      forget(slotOf(entry.position));
      waiting = entry.waiting;
      entry.waiting = null;
    }
    if (waiting != null) {
      waiting.forEach(waiter -> waiter.accept(UNKNOWN));
    }
  }

  private Seen describe(int slot, long now) {
    Seen.Builder seen =
        Seen.newBuilder()
            .setHigh(idHigh[slot])
            .setLow(idLow[slot])
            .setAgeMs(Math.max(0, now - arrived[slot]));
    if (states[slot] instanceof Entry) {
      return seen.setOpen(true).build();
    }
    MessageException refusal = ((Ending) states[slot]).refusal();
    if (refusal != null) {
      seen.setCode(refusal.code().number())
          .setText(refusal.getMessage())
          .setRetryAfterMs(refusal.retryAfterMs());
    }
    return seen.build();
  }

  private static Ending endingOf(Seen seen) {
    return seen.getCode() == 0
        ? Ending.ACKNOWLEDGED
        : new Ending(
            new MessageException(
                ErrorCode.of(seen.getCode()).orElse(ErrorCode.INTERNAL),
                seen.getText(),
                seen.getRetryAfterMs()));
  }

  boolean over(long now) {
    return now - parkedAt > window;
  }

  synchronized boolean empty() {
    return end == oldest;
  }

  private static void wait(Entry entry, Consumer<Ending> onEnding) {
    if (entry.waiting == null) {
      entry.waiting = new ArrayList<>(1);
    }
    if (entry.waiting.size() < MAX_WAITING) {
      entry.waiting.add(onEnding);
    }
  }

  private Entry append(long high, long low, long now) {
    while (end > oldest && (end - oldest >= max || expired(slotOf(oldest), now))) {
      forget(slotOf(oldest));
      oldest++;
    }
    if (end - oldest == states.length) {
      grow();
    }
    int slot = slotOf(end);
    Entry entry = new Entry(end++);
    idHigh[slot] = high;
    idLow[slot] = low;
    arrived[slot] = now;
    states[slot] = entry;
    insert(slot);
    return entry;
  }

  /** What has not ended does not expire. */
  private boolean expired(int slot, long now) {
    return !(states[slot] instanceof Entry) && now - arrived[slot] > window;
  }

  private int slotOf(long position) {
    return (int) position & (states.length - 1);
  }

  private void grow() {
    int capacity = 2 * states.length;
    long[] oldHigh = idHigh;
    long[] oldLow = idLow;
    long[] oldArrived = arrived;
    Object[] oldStates = states;
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

  private int find(long high, long low) {
    for (int i = home(high); index[i] != 0; i = next(i)) {
      int slot = index[i] - 1;
      if (idHigh[slot] == high && idLow[slot] == low) {
        return slot;
      }
    }
    return NONE;
  }

  private void insert(int slot) {
    int i = home(idHigh[slot]);
    while (index[i] != 0) {
      i = next(i);
    }
    index[i] = slot + 1;
  }

  /**
   * Takes an entry out of the index; those that probed past it move up (Knuth 6.4, Algorithm R).
   */
  private void forget(int slot) {
    if (states[slot] == null) {
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
