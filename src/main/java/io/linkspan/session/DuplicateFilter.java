package io.linkspan.session;

import io.linkspan.delivery.DeliveryConfig;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The {@link DuplicateWindow}s of all users. Shared by all event loops: a user may be connected on
 * several. A window outlives its sessions, so that a client which lost its link and sends again
 * what was not acknowledged is recognised.
 */
public final class DuplicateFilter {

  private static final class Shared {
    final DuplicateWindow window;
    int sessions;
    long releasedAt;

    Shared(DuplicateWindow window) {
      this.window = window;
    }
  }

  private final DeliveryConfig config;
  private final Map<String, Shared> inUse = new LinkedHashMap<>();

  /** Of users without a session, oldest first. */
  private final Map<String, Shared> parked = new LinkedHashMap<>();

  /** Creates an empty filter. */
  public DuplicateFilter(DeliveryConfig config) {
    this.config = config;
  }

  /** Returns the user's window, for one more session. */
  synchronized DuplicateWindow acquire(String user) {
    Shared shared = inUse.get(user);
    if (shared == null) {
      shared = parked.remove(user);
      if (shared == null) {
        shared =
            new Shared(
                new DuplicateWindow(config.maxDuplicates(), config.duplicateWindow().toMillis()));
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
    Iterator<Shared> oldest = parked.values().iterator();
    while (oldest.hasNext()) {
      boolean over = now - oldest.next().releasedAt > config.duplicateWindow().toMillis();
      if (parked.size() < config.maxDuplicateUsers() && !over) {
        break;
      }
      oldest.remove();
    }
    boolean kept = mayReturn && config.maxDuplicateUsers() > 0 && !shared.window.isEmpty();
    if (kept) {
      shared.releasedAt = now;
      parked.put(user, shared);
    }
    return kept;
  }
}
