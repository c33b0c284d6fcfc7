package io.linkspan.session;

import io.linkspan.time.DeadlineTimer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers, per user, which eventIds came lately and how they ended. Shared by all event loops: a
 * user may be connected on several. Outlives a session, so that a client that lost its link and
 * sends again what was not acknowledged is recognised.
 */
public final class DuplicateFilter {

  private final DeliveryConfig config;
  private final Map<String, DuplicateWindow> inUse = new LinkedHashMap<>();

  /** Windows of users without a session, oldest first. */
  private final Map<String, DuplicateWindow> parked = new LinkedHashMap<>();

  public DuplicateFilter(DeliveryConfig config) {
    this.config = config;
  }

  /** The user's window, for one more session. */
  synchronized DuplicateWindow acquire(String user) {
    DuplicateWindow window = inUse.get(user);
    if (window == null) {
      window = parked.remove(user);
      if (window == null) {
        window = new DuplicateWindow(config.maxDuplicates(), config.duplicateWindow().toMillis());
      }
      inUse.put(user, window);
    }
    window.users++;
    return window;
  }

  /** The window of a user that has a session here; null when it has none. */
  synchronized DuplicateWindow inUse(String user) {
    return inUse.get(user);
  }

  /**
   * One session less.
   *
   * @param mayReturn false for a user that can not come back under its name
   */
  synchronized void release(String user, DuplicateWindow window, boolean mayReturn) {
    if (--window.users > 0) {
      return;
    }
    inUse.remove(user);
    long now = DeadlineTimer.now();
    Iterator<DuplicateWindow> oldest = parked.values().iterator();
    while (oldest.hasNext()) {
      DuplicateWindow candidate = oldest.next();
      if (parked.size() < config.maxDuplicateUsers() && !candidate.over(now)) {
        break;
      }
      oldest.remove();
    }
    if (mayReturn && config.maxDuplicateUsers() > 0 && !window.empty()) {
      window.parkedAt = now;
      parked.put(user, window);
    }
  }
}
