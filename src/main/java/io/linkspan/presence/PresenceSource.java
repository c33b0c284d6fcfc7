package io.linkspan.presence;

import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.wire.PresenceWatch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Sends the users of one shard's groups to the shards that watch them. Groups that nobody watches
 * cost nothing. Used only on the shard's event loop.
 */
final class PresenceSource {

  /** Bytes of a group for each shard that watches it, apart from its name. */
  private static final long WATCH = 384;

  private final PresenceParts parts;
  private final LongSupplier numbers;
  private final BiConsumer<String, Consumer<String>> sessions;

  /** By group. */
  private final Map<String, LocalUsers> watched = new HashMap<>();

  /** By bus address. */
  private final Map<String, WatchingShard> watchers = new HashMap<>();

  /**
   * Creates the source of one shard.
   *
   * @param numbers each higher than the one before
   * @param sessions passes the user of each session of the shard in a group
   */
  PresenceSource(
      PresenceParts parts, LongSupplier numbers, BiConsumer<String, Consumer<String>> sessions) {
    this.parts = parts;
    this.numbers = numbers;
    this.sessions = sessions;
  }

  /** A session of the shard has become a member. */
  void added(String group, String user) {
    if (watched.isEmpty()) {
      return;
    }
    LocalUsers users = watched.get(group);
    if (users != null && users.add(user)) {
      users.watchers().forEach(watcher -> watcher.changed(group, user));
    }
  }

  /** A session of the shard is not a member any more. */
  void removed(String group, String user) {
    if (watched.isEmpty()) {
      return;
    }
    LocalUsers users = watched.get(group);
    if (users != null && users.remove(user)) {
      users.watchers().forEach(watcher -> watcher.changed(group, user));
    }
  }

  /**
   * Another shard watches groups, or ends that.
   *
   * @return false when the shard must send all its groups again
   */
  boolean watch(PresenceWatch call) {
    String node = ShardAddress.nodeOf(call.getWatcher());
    if (parts.nodes().all().stream().noneMatch(member -> member.id().equals(node))) {
      return false;
    }
    WatchingShard watcher =
        watchers.computeIfAbsent(
            call.getWatcher(), other -> new WatchingShard(parts, other, numbers));
    if (watcher.isLate(call)) {
      return false;
    }
    if (call.getAll()) {
      removeAll(watcher);
    }
    call.getRemovedList().forEach(group -> remove(watcher, group));
    call.getAddedList().forEach(group -> add(watcher, group));
    return watcher.isAsStated(call);
  }

  /** Returns whether a watching shard has the users of all sessions that are here. */
  boolean isSettled(String watcher) {
    WatchingShard known = watchers.get(watcher);
    return known == null || known.isSettled();
  }

  /** A node has left: its watches end. */
  void left(String node) {
    watchers
        .entrySet()
        .removeIf(
            watcher -> {
              if (!ShardAddress.isOn(node, watcher.getKey())) {
                return false;
              }
              removeAll(watcher.getValue());
              watcher.getValue().close();
              return true;
            });
  }

  /** Returns the number of groups that are watched. */
  int watchedGroups() {
    return watched.size();
  }

  private void add(WatchingShard watcher, String group) {
    LocalUsers users = watched.get(group);
    if (users == null) {
      users = new LocalUsers(parts.memory());
      watched.put(group, users);
      sessions.accept(group, users::add);
    }
    if (!watcher.groups().contains(group)) {
      parts.memory().charge(MemoryUse.GROUPS, costOf(group));
    }
    watcher.add(group, new PendingUsers(group, users, parts.config()));
  }

  private void remove(WatchingShard watcher, String group) {
    LocalUsers users = watcher.remove(group);
    if (users == null) {
      return;
    }
    parts.memory().release(MemoryUse.GROUPS, costOf(group));
    if (users.watchers().isEmpty()) {
      users.release();
      watched.remove(group);
    }
  }

  private void removeAll(WatchingShard watcher) {
    List.copyOf(watcher.groups()).forEach(group -> remove(watcher, group));
  }

  private static long costOf(String group) {
    return WATCH + MessageCost.ofText(group);
  }
}
