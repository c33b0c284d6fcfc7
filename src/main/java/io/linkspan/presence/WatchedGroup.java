package io.linkspan.presence;

import io.linkspan.connection.Outgoing;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A group that clients of one shard watch. Each of them is sent all users, and then what changes.
 * Used only on the shard's event loop.
 */
final class WatchedGroup {

  /** States of a watcher by what it has been sent. */
  private enum Sent {
    NOTHING,
    /** A part: the client had no room for all, or has not acknowledged it in time. */
    PART,
    USERS,
    TOO_LARGE
  }

  private static final class Watch {
    final PresenceWatcher watcher;
    Sent sent = Sent.NOTHING;

    Watch(PresenceWatcher watcher) {
      this.watcher = watcher;
    }
  }

  private final String group;
  private final PresenceView view;
  private final PresenceMetrics metrics;
  private final Runnable changed;

  /** By session. */
  private final Map<String, Watch> watches = new HashMap<>();

  /**
   * Creates a group without watchers.
   *
   * @param changed called when there is something to flush
   */
  WatchedGroup(String group, PresenceConfig config, PresenceMetrics metrics, Runnable changed) {
    this.changed = changed;
    this.group = group;
    this.metrics = metrics;
    view = new PresenceView(config);
  }

  /** Returns the users of the group. */
  PresenceView view() {
    return view;
  }

  /** Adds a watcher, which is sent all users; one of the same session is replaced. */
  void add(PresenceWatcher watcher) {
    if (watches.put(watcher.id(), new Watch(watcher)) == null) {
      metrics.watches.increment();
    }
  }

  /** Removes the watcher of a session; returns whether there was one. */
  boolean remove(String session) {
    boolean removed = watches.remove(session) != null;
    if (removed) {
      metrics.watches.decrement();
    }
    return removed;
  }

  /** Returns whether nobody watches the group. */
  boolean isUnwatched() {
    return watches.isEmpty();
  }

  /**
   * Sends each watcher what it has not been sent.
   *
   * @return false when a client had no room and is to be sent all users later
   */
  boolean flush(long now, PresenceMessages messages) {
    PresenceView.Change change = view.poll(now);
    return switch (view.state()) {
      case GATHERING -> true;
      case PRESENT -> flushUsers(change, messages);
      case TOO_LARGE -> flushTooLarge(messages);
    };
  }

  private boolean flushUsers(PresenceView.Change change, PresenceMessages messages) {
    List<Outgoing> changes = change == null ? List.of() : messages.change(group, change);
    List<Outgoing> all = null;
    boolean complete = true;
    for (Watch watch : List.copyOf(watches.values())) {
      if (watch.sent == Sent.USERS) {
        complete &= send(watch, changes, Sent.USERS);
      } else if (watch.sent == Sent.PART && !watch.watcher.isReady()) {
        complete = false;
      } else {
        if (all == null) {
          all = messages.snapshot(group, view.users());
        }
        complete &= send(watch, all, Sent.USERS);
      }
    }
    return complete;
  }

  private boolean flushTooLarge(PresenceMessages messages) {
    boolean complete = true;
    for (Watch watch : List.copyOf(watches.values())) {
      if (watch.sent == Sent.PART && !watch.watcher.isReady()) {
        complete = false;
      } else if (watch.sent != Sent.TOO_LARGE) {
        complete &= send(watch, messages.tooLarge(group), Sent.TOO_LARGE);
      }
    }
    return complete;
  }

  private boolean send(Watch watch, List<Outgoing> messages, Sent sent) {
    if (messages.isEmpty()) {
      return true;
    }
    metrics.messages.increment(messages.size());
    boolean taken = watch.watcher.send(messages, () -> lost(watch));
    watch.sent = taken ? sent : Sent.PART;
    return taken;
  }

  /** A client does not have all that it was sent. */
  private void lost(Watch watch) {
    if (watches.get(watch.watcher.id()) == watch) {
      watch.sent = Sent.PART;
      changed.run();
    }
  }
}
