package io.linkspan.session;

import io.linkspan.api.MessageException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The eventIds of one user's recent Messages. Shared by the event loops of that user's sessions,
 * hence synchronized; nobody else waits for it.
 */
final class UserWindow {

  /** Repetitions that wait for one Message to end; further ones get no answer of their own. */
  private static final int MAX_WAITING = 16;

  /** How a Message ended: acknowledged, or refused for a reason. */
  record Ending(MessageException refusal) {
    static final Ending ACKNOWLEDGED = new Ending(null);
  }

  /** What is remembered of one Message. */
  static final class Entry {
    private final long at;
    private Ending ending;
    private List<Consumer<Ending>> waiting;

    private Entry(long at) {
      this.at = at;
    }
  }

  private final int max;
  private final long window;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** Kept by {@link DuplicateFilter}, under its lock. */
  int users;

  /** Kept by {@link DuplicateFilter}, under its lock. */
  long parkedAt;

  /**
   * @param max entries, at least 1
   * @param window milliseconds an entry is kept
   */
  UserWindow(int max, long window) {
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
    Ending ending;
    synchronized (this) {
      Entry known = entries.get(eventId);
      if (known == null || expired(known, now)) {
        makeRoom(now);
        Entry first = new Entry(now);
        entries.put(eventId, first);
        return first;
      }
      ending = known.ending;
      if (ending == null) {
        if (known.waiting == null) {
          known.waiting = new ArrayList<>(1);
        }
        if (known.waiting.size() < MAX_WAITING) {
          known.waiting.add(onEnding);
        }
        return null;
      }
    }
    onEnding.accept(ending);
    return null;
  }

  /** The Message has ended; all who sent it again learn how. */
  void end(Entry entry, Ending ending) {
    List<Consumer<Ending>> waiting;
    synchronized (this) {
      entry.ending = ending;
      waiting = entry.waiting;
      entry.waiting = null;
    }
    if (waiting != null) {
      waiting.forEach(waiter -> waiter.accept(ending));
    }
  }

  boolean over(long now) {
    return now - parkedAt > window;
  }

  synchronized boolean empty() {
    return entries.isEmpty();
  }

  private void makeRoom(long now) {
    Iterator<Entry> oldest = entries.values().iterator();
    while (oldest.hasNext() && (expired(oldest.next(), now) || entries.size() >= max)) {
      oldest.remove();
    }
  }

  private boolean expired(Entry entry, long now) {
    return entry.ending != null && now - entry.at > window;
  }
}
