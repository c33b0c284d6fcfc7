package io.linkspan.session;

import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.SharedMemoryAccount;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The {@link DuplicateWindow}s of all users. Shared by all event loops: a user may be connected on
 * several. A window outlives its sessions, so that a client which lost its link and sends again
 * what was not acknowledged is recognised. The windows of users without a session are bounded in
 * number, time and bytes; the oldest ones are forgotten.
 */
public final class DuplicateFilter {

  /** The windows of users without a session may take this part of the memory budget. */
  private static final int PARTS = 8;

  private static final class Shared {
    final DuplicateWindow window;
    int sessions;
    long releasedAt;

    /** Bytes of the window when it was parked. */
    long cost;

    Shared(DuplicateWindow window) {
      this.window = window;
    }
  }

  private final DeliveryConfig config;
  private final SharedMemoryAccount memory;
  private final Map<String, Shared> inUse = new HashMap<>();

  /** Of users without a session, oldest first. */
  private final Map<String, Shared> parked = new LinkedHashMap<>();

  private long parkedBytes;

  /**
   * Creates an empty filter.
   *
   * @param memory is charged for the windows
   */
  public DuplicateFilter(DeliveryConfig config, SharedMemoryAccount memory) {
    this.config = config;
    this.memory = memory;
  }

  /** Returns the user's window, for one more session. */
  synchronized DuplicateWindow acquire(String user) {
    Shared shared = inUse.get(user);
    if (shared == null) {
      shared = parked.remove(user);
      if (shared == null) {
        shared =
            new Shared(
                new DuplicateWindow(
                    config.maxDuplicates(), config.duplicateWindow().toMillis(), memory));
      } else {
        parkedBytes -= shared.cost;
      }
      inUse.put(user, shared);
    }
    shared.sessions++;
    return shared.window;
  }

  /** Returns the window of a user that has a session here; null when it has none. */
  synchronized DuplicateWindow inUse(String user) {
    Shared shared = inUse.get(user);
    return shared == null ? null : shared.window;
  }

  /** Returns the window of a user that has a session here, or had one; null when there is none. */
  synchronized DuplicateWindow find(String user) {
    Shared shared = inUse.get(user);
    if (shared == null) {
      shared = parked.get(user);
    }
    return shared == null ? null : shared.window;
  }

  /**
   * Releases the user's window for one session.
   *
   * @return whether it was the last session, and the window is kept
   * @param mayReturn false for a user that cannot reconnect under its name
   * @param now in milliseconds
   */
  synchronized boolean release(String user, boolean mayReturn, long now) {
    Shared shared = inUse.get(user);
    if (--shared.sessions > 0) {
      return false;
    }
    inUse.remove(user);
    boolean kept = mayReturn && config.maxDuplicateUsers() > 0 && !shared.window.isEmpty();
    if (kept) {
      shared.releasedAt = now;
      shared.cost = shared.window.cost();
      parkedBytes += shared.cost;
      parked.put(user, shared);
    } else {
      shared.window.forget();
    }
    forgetOldest(now);
    return kept;
  }

  /** Forgets windows of users without a session, oldest first, while memory is short. */
  synchronized void shed() {
    Iterator<Shared> oldest = parked.values().iterator();
    while (memory.isAt(MemoryLevel.SHEDDING) && oldest.hasNext()) {
      forget(oldest);
    }
  }

  private void forgetOldest(long now) {
    while (!parked.isEmpty() && isTooMany(now)) {
      forget(parked.values().iterator());
    }
  }

  private boolean isTooMany(long now) {
    return parked.size() > config.maxDuplicateUsers()
        || parkedBytes > memory.limit() / PARTS
        || now - parked.values().iterator().next().releasedAt > config.duplicateWindow().toMillis();
  }

  private void forget(Iterator<Shared> next) {
    Shared shared = next.next();
    next.remove();
    parkedBytes -= shared.cost;
    shared.window.forget();
  }
}
