package io.linkspan.presence;

import io.linkspan.delivery.MessageDefaults;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryUse;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.GroupUpdate;
import io.linkspan.wire.PresenceSettled;
import io.linkspan.wire.PresenceUpdate;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The groups that clients of one shard watch. Asks every shard of the cluster for its users, and
 * keeps those of a lost node until its sessions are adopted. Used only on the shard's event loop.
 */
final class PresenceViews implements SourceShard.Watched {

  private final class Entry {
    final WatchedGroup group;
    boolean flushing;
    boolean waking;
    long flushedAt = Long.MIN_VALUE / 2;
    long unwatchedAt;
    long charged;
    boolean removed;

    Entry(String name) {
      group = new WatchedGroup(name, parts.config(), parts.metrics(), () -> flushSoon(this));
    }
  }

  /** Between two Messages about one group; milliseconds. */
  static final long PAUSE = 100;

  /** Until a client that had no room is sent all users again; milliseconds. */
  static final long RETRY = 1_000;

  /** For which a group is kept whose watchers have lost their links; milliseconds. */
  static final long LINGER = 10_000;

  /** Between checks that other shards have the groups that they were asked for; milliseconds. */
  static final long CHECK = 10_000;

  /** For all shards to find out that a node is lost; milliseconds. */
  static final long SETTLE_DELAY = 1_000;

  /** Between two questions whether the sessions of a lost node are adopted; milliseconds. */
  static final long SETTLE_PAUSE = 500;

  /** How often is asked; a shard that never answers cannot keep users for ever. */
  private static final int MAX_QUESTIONS = 60;

  private static final long ANSWER_TIMEOUT = 1_000;

  /** Bytes of a group without users, apart from what it has for each shard of the cluster. */
  private static final long GROUP = 512;

  /** Bytes that a group has for each shard of the cluster. */
  private static final long SHARD = 160;

  /** Bytes of an entry of a view; the name is shared with others. */
  private static final long ENTRY = 64;

  private final PresenceParts parts;
  private final Scheduler scheduler;
  private final LongSupplier numbers;
  private final PresenceMessages messages;
  private final Map<String, Entry> groups = new HashMap<>();
  private final Map<String, SourceShard> sources = new HashMap<>();
  private long digest;
  private boolean checking;

  /**
   * Creates the views of one shard.
   *
   * @param numbers each higher than the one before
   */
  PresenceViews(PresenceParts parts, LongSupplier numbers, MessageDefaults defaults) {
    this.parts = parts;
    this.numbers = numbers;
    scheduler = parts.scheduler();
    messages = new PresenceMessages(defaults, parts.config().maxUsers());
  }

  // ------------------------------------------------------------------------- for clients

  /** Sends a client all users of a group, and then what changes. */
  void watch(String group, PresenceWatcher watcher) {
    Entry entry = groups.get(group);
    if (entry == null) {
      entry = new Entry(group);
      groups.put(group, entry);
      digest += group.hashCode();
      findSources();
      for (Map.Entry<String, SourceShard> source : sources.entrySet()) {
        if (!source.getValue().isLost()) {
          entry.group.view().add(source.getKey());
          source.getValue().add(group);
        }
      }
      startChecks();
      charge(entry);
    }
    entry.group.add(watcher);
    flushSoon(entry);
  }

  /** Ends the watch of a session. */
  void unwatch(String group, String session) {
    Entry entry = groups.get(group);
    if (entry != null && entry.group.remove(session) && entry.group.isUnwatched()) {
      remove(group, entry);
    }
  }

  /** Ends the watch of a session whose client may be back soon. */
  void pause(String group, String session) {
    Entry entry = groups.get(group);
    if (entry != null && entry.group.remove(session) && entry.group.isUnwatched()) {
      entry.unwatchedAt = scheduler.now();
      scheduler.schedule(LINGER, () -> removeUnwatched(group));
    }
  }

  private void removeUnwatched(String group) {
    Entry entry = groups.get(group);
    if (entry != null
        && entry.group.isUnwatched()
        && scheduler.now() - entry.unwatchedAt >= LINGER) {
      remove(group, entry);
    }
  }

  private void remove(String group, Entry entry) {
    groups.remove(group);
    entry.removed = true;
    digest -= group.hashCode();
    parts.memory().release(MemoryUse.GROUPS, entry.charged);
    sources.values().stream()
        .filter(source -> !source.isLost())
        .forEach(source -> source.remove(group));
  }

  // -------------------------------------------------------------------- for other shards

  @Override
  public String address() {
    return parts.address();
  }

  @Override
  public long nextNumber() {
    return numbers.getAsLong();
  }

  @Override
  public Set<String> groups() {
    return groups.keySet();
  }

  @Override
  public long digest() {
    return digest;
  }

  /** Takes users of another shard; returns whether it needs not send them again. */
  boolean update(PresenceUpdate update) {
    SourceShard source = sources.get(update.getSource());
    if (source == null || source.isLost() || source.isLate(update)) {
      return false;
    }
    long now = scheduler.now();
    for (GroupUpdate group : update.getGroupsList()) {
      Entry entry = groups.get(group.getGroup());
      if (entry != null) {
        entry.group.view().update(update.getSource(), group, now);
        flushSoon(entry);
      }
    }
    return true;
  }

  private void absent(String source) {
    for (Entry entry : groups.values()) {
      entry.group.view().absent(source);
      flushSoon(entry);
    }
  }

  // ---------------------------------------------------------------- changes of the cluster

  /** A node has joined, which may have been here before and forgotten what it was asked for. */
  void joined(Nodes.Node node) {
    if (groups.isEmpty()) {
      return;
    }
    findSources();
    node.addresses().stream()
        .map(sources::get)
        .filter(source -> source != null && !source.isLost())
        .forEach(SourceShard::addAll);
  }

  /** The nodes have found each other again after a partition. */
  void merged() {
    parts.nodes().all().forEach(this::joined);
  }

  /** Adds the shards of nodes that are not known yet. */
  private void findSources() {
    for (Nodes.Node node : parts.nodes().all()) {
      for (String shard : node.addresses()) {
        SourceShard known = sources.get(shard);
        if (known == null || known.isLost()) {
          var source = new SourceShard(parts.bus(), scheduler, shard, this, this::absent);
          sources.put(shard, source);
          groups.values().forEach(entry -> entry.group.view().add(shard));
          if (!groups.isEmpty()) {
            source.addAll();
          }
        }
      }
    }
  }

  /** A node has left: its users stay until the sessions that others adopt are adopted. */
  void left(String node) {
    boolean known = false;
    for (Map.Entry<String, SourceShard> source : sources.entrySet()) {
      if (ShardAddress.isOn(node, source.getKey())) {
        source.getValue().lose();
        // Its users are not waited for.
        groups.values().forEach(entry -> entry.group.view().absent(source.getKey()));
        known = true;
      }
    }
    if (known) {
      scheduler.schedule(SETTLE_DELAY, () -> settle(node, MAX_QUESTIONS));
    }
  }

  private void settle(String node, int questions) {
    if (sources.entrySet().stream()
        .noneMatch(
            source -> source.getValue().isLost() && ShardAddress.isOn(node, source.getKey()))) {
      return;
    }
    if (groups.isEmpty() || questions == 0) {
      removeLost(node);
      return;
    }
    ShardCall question =
        ShardCall.newBuilder()
            .setPresenceSettled(
                PresenceSettled.newBuilder().setNode(node).setWatcher(parts.address()))
            .build();
    List<Future<Boolean>> answers = new ArrayList<>();
    for (Map.Entry<String, SourceShard> source : sources.entrySet()) {
      if (!source.getValue().isLost()) {
        answers.add(
            parts
                .bus()
                .call(source.getKey(), question, ANSWER_TIMEOUT)
                .map(reply -> reply.getConfirm().getStands())
                .otherwise(PresenceViews::isAbsent));
      }
    }
    Future.join(answers)
        .onSuccess(
            all -> {
              if (answers.stream().allMatch(Future::result)) {
                removeLost(node);
              } else {
                scheduler.schedule(SETTLE_PAUSE, () -> settle(node, questions - 1));
              }
            });
  }

  private static boolean isAbsent(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  /** Removes the users of a lost node, unless it has joined again. */
  private void removeLost(String node) {
    long now = scheduler.now();
    sources
        .entrySet()
        .removeIf(
            source -> {
              if (!source.getValue().isLost() || !ShardAddress.isOn(node, source.getKey())) {
                return false;
              }
              groups.values().forEach(entry -> entry.group.view().remove(source.getKey(), now));
              return true;
            });
    groups.values().forEach(this::flushSoon);
  }

  /** Another shard may have forgotten the groups that it was asked for. */
  private void startChecks() {
    if (!checking) {
      checking = true;
      scheduler.schedule(CHECK, this::check);
    }
  }

  private void check() {
    checking = false;
    if (!groups.isEmpty()) {
      findSources();
      sources.values().stream().filter(source -> !source.isLost()).forEach(SourceShard::check);
      startChecks();
    }
  }

  // ---------------------------------------------------------------------- to the clients

  /** All that changes until the flush is one Message for each watcher. */
  private void flushSoon(Entry entry) {
    if (entry.flushing) {
      return;
    }
    entry.flushing = true;
    long pause = entry.flushedAt + PAUSE - scheduler.now();
    if (pause > 0) {
      scheduler.schedule(pause, () -> flush(entry));
    } else {
      scheduler.defer(() -> flush(entry));
    }
  }

  private void flush(Entry entry) {
    entry.flushing = false;
    if (entry.removed) {
      return;
    }
    entry.flushedAt = scheduler.now();
    boolean complete = entry.group.flush(entry.flushedAt, messages);
    long deadline = entry.group.view().nextDeadline();
    if (!complete) {
      deadline = Math.min(deadline, entry.flushedAt + RETRY);
    }
    if (deadline != Long.MAX_VALUE && !entry.waking) {
      entry.waking = true;
      scheduler.schedule(
          Math.max(1, deadline - entry.flushedAt),
          () -> {
            entry.waking = false;
            flushSoon(entry);
          });
    }
    charge(entry);
  }

  private void charge(Entry entry) {
    long cost = GROUP + SHARD * sources.size() + ENTRY * entry.group.view().entries();
    parts.memory().change(MemoryUse.GROUPS, cost - entry.charged);
    entry.charged = cost;
  }
}
