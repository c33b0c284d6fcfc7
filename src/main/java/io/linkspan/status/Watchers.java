package io.linkspan.status;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.ArrayList;
import java.util.List;

/**
 * The watchers of this node, up to a bound.
 *
 * @param <W> what is kept of one
 */
public final class Watchers<W> {

  /** Watchers of a kind at one node. */
  public static final int MAX = 64;

  private final List<W> all = new ArrayList<>();

  /** Adds a watcher; fails as {@code rate-limited} when there are too many. */
  public void add(W watcher) {
    if (all.size() >= MAX) {
      throw new MessageException(
          ErrorCode.RATE_LIMITED, "this node serves " + MAX + " live views of a kind at a time");
    }
    all.add(watcher);
  }

  /** Removes a watcher; nothing happens when it is not there. */
  public void remove(W watcher) {
    all.remove(watcher);
  }

  /** Returns whether there are none. */
  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** Returns the present watchers; they may be removed meanwhile. */
  public List<W> present() {
    return List.copyOf(all);
  }
}
