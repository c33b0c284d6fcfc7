package io.linkspan.presence;

import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.time.Scheduler;
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

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final Nodes nodes;
  private final String address;
  private final PresenceConfig config;
  private final MemoryAccount memory;
  private final PresenceMetrics metrics;
  private final LongSupplier numbers;
  private final BiConsumer<String, Consumer<String>> sessions;

  /** By group. */
  private final Map<String, LocalUsers> watched = new HashMap<>();

  /** By bus address. */
  private final Map<String, WatchingShard> watchers = new HashMap<>();

  /**
   * Creates the source of one shard.
   *
   * @param address of the shard
   * @param numbers each higher than the one before
   * @param sessions passes the user of each session of the shard in a group
   */
  PresenceSource(
      ShardBus bus,
      Scheduler scheduler,
      Nodes nodes,
      String address,
      PresenceConfig config,
      MemoryAccount memory,
      PresenceMetrics metrics,
      LongSupplier numbers,
      BiConsumer<String, Consumer<String>> sessions) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.nodes = nodes;
    this.address = address;
    this.config = config;
    this.memory = memory;
    this.metrics = metrics;
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
    if (nodes.all().stream().noneMatch(member -> member.id().equals(node))) {
      return false;
    }
    WatchingShard watcher =
        watchers.computeIfAbsent(
            call.getWatcher(),
            other -> new WatchingShard(bus, scheduler, address, other, numbers, metrics));
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
      users = new LocalUsers(memory);
      watched.put(group, users);
      sessions.accept(group, users::add);
    }
    watcher.add(group, new PendingUsers(group, users, config));
  }

  private void remove(WatchingShard watcher, String group) {
    LocalUsers users = watcher.remove(group);
    if (users != null && users.watchers().isEmpty()) {
      users.release();
      watched.remove(group);
    }
  }

  private void removeAll(WatchingShard watcher) {
    List.copyOf(watcher.groups()).forEach(group -> remove(watcher, group));
  }
}
