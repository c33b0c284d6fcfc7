package io.linkspan.session;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.directory.Nodes;
import io.linkspan.history.GroupFeed;
import io.linkspan.history.GroupHistories;
import io.linkspan.history.KeptMessage;
import io.linkspan.history.Recovery;
import io.linkspan.history.Since;
import io.linkspan.history.StreamPlace;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Delivers the histories of groups to the members that one shard has: a feed for each group, which
 * reads from the log what did not arrive. Used only on the shard's event loop.
 */
final class HistoryDelivery implements Groups.Observer<Session> {

  /** Reads in flight; a shard that adopts sessions of many groups reads for one after the other. */
  private static final int MAX_READS = 32;

  /** Until the end of a log is asked for again that was not known. */
  private static final long PLACE_AGAIN_MS = 1_000;

  private final class Feed {
    final String group;
    final HistoryFeed members;
    final GroupFeed<Session> core;
    final DeadlineTimer timer;

    /** Completes when senders reach this shard. */
    final Future<Void> reachable;

    /** Completes when the feed is placed, or that was tried; null while it is not. */
    Future<Void> placing;

    int charged;

    Feed(String group, Future<Void> reachable) {
      this.group = group;
      this.reachable = reachable;
      members = new HistoryFeed(group, groups, histories, defaults);
      core = new GroupFeed<>(members);
      timer = new DeadlineTimer(scheduler, () -> proceed(this));
    }
  }

  private final GroupHistories histories;
  private final Groups<Session> groups;
  private final Scheduler scheduler;
  private final MessageDefaults defaults;
  private final MemoryAccount memory;
  private final Map<String, Feed> feeds = new HashMap<>();
  private final Queue<Runnable> waiting = new ArrayDeque<>(0);
  private int reads;

  /**
   * Creates the delivery of one shard.
   *
   * @param memory is charged for what waits for earlier Messages
   */
  HistoryDelivery(
      GroupHistories histories,
      Groups<Session> groups,
      Scheduler scheduler,
      MessageDefaults defaults,
      MemoryAccount memory) {
    this.histories = histories;
    this.groups = groups;
    this.scheduler = scheduler;
    this.defaults = defaults;
    this.memory = memory;
    if (histories.isOn()) {
      groups.observe(this);
    }
  }

  /** Creates the delivery of one shard, which follows the changes of the cluster. */
  static HistoryDelivery start(
      NodeServices shared,
      Groups<Session> groups,
      Scheduler scheduler,
      Executor loop,
      MessageDefaults defaults,
      MemoryAccount memory) {
    var delivery = new HistoryDelivery(shared.histories(), groups, scheduler, defaults, memory);
    if (shared.histories().isOn()) {
      shared.nodes().watch(delivery.new LostNodes(loop));
    }
    return delivery;
  }

  /** Reads the logs again when a node has left: what it has kept may not have arrived here. */
  private final class LostNodes implements Nodes.Listener {
    private final Executor loop;

    LostNodes(Executor loop) {
      this.loop = loop;
    }

    @Override
    public void joined(Nodes.Node node) {}

    @Override
    public void left(Nodes.Node node) {
      loop.execute(HistoryDelivery.this::checkAll);
    }

    @Override
    public void merged() {
      loop.execute(HistoryDelivery.this::checkAll);
    }
  }

  // ------------------------------------------------------------------------- Messages

  /** Returns whether a Message for a group is delivered in the order of the group's history. */
  boolean takes(String group, Message message) {
    return !feeds.isEmpty()
        && Headers.get(message, Headers.POSITION) != null
        && feeds.containsKey(group);
  }

  /**
   * Delivers a Message that {@link #takes} accepts to all members, now or when those before it are
   * there.
   *
   * @param except id of the session that sent it; null for none
   */
  void arrived(String group, Message message, String except) {
    KeptMessage kept = KeptMessage.of(message, except);
    Feed feed = feeds.get(group);
    if (kept != null) {
      feed.core.arrived(kept, scheduler.now());
      proceed(feed);
    }
  }

  private void checkAll() {
    for (Feed feed : List.copyOf(feeds.values())) {
      feed.core.check(scheduler.now());
      proceed(feed);
    }
  }

  // ---------------------------------------------------------------------- memberships

  /**
   * Makes a session a member that gets a part of the history first. It gets nothing before {@link
   * #begin}.
   */
  Future<Recovery> join(Session session, String group, Since since) {
    return histories.isOn(group)
        ? join(session, group, () -> histories.find(group, since, scheduler.wallTime()))
        : groups
            .join(session, group)
            .map(new Recovery(LogPosition.START, LogPosition.START, false));
  }

  /**
   * Makes a session a member of the group that follows a streamed answer. It gets nothing before
   * {@link #begin}.
   *
   * @param since number of the first part that it wants
   * @return fails when no part is kept
   */
  Future<StreamPlace> follow(Session session, String group, long since) {
    return histories.isOn(group)
        ? join(session, group, () -> histories.findParts(group, since, scheduler.wallTime()))
        : Future.failedFuture(StreamPlace.unknown());
  }

  private <T> Future<T> join(Session session, String group, Supplier<Future<T>> find) {
    boolean wasMember = session.groups().contains(group);
    feed(group, Future.succeededFuture()).core.hold(session);
    return groups
        .join(session, group)
        .compose(v -> find.get())
        .onFailure(
            failure -> {
              if (wasMember) {
                begin(session, group);
              } else {
                groups.leave(session, group);
                remove(session, group);
              }
            });
  }

  /** Delivers the part of the history that was found. */
  void begin(Session session, String group, Recovery recovery) {
    Feed feed = feeds.get(group);
    if (feed != null && feed.members.contains(session)) {
      feed.core.place(recovery.end(), scheduler.now());
      feed.members.place(session, recovery.from());
      begin(session, group);
    }
  }

  private void begin(Session session, String group) {
    Feed feed = feeds.get(group);
    if (feed != null) {
      feed.core.begin(session, scheduler.now());
      proceed(feed);
    }
  }

  @Override
  public Future<Void> joined(Session session, String group, Future<Void> reachable) {
    if (!histories.isOn(group)) {
      return reachable;
    }
    Feed feed = feed(group, reachable);
    feed.core.joined(session);
    return feed.core.isPlaced() ? reachable : Future.join(reachable, placed(feed)).mapEmpty();
  }

  @Override
  public void restored(Session session, String group, Future<Void> reachable) {
    if (!histories.isOn(group)) {
      return;
    }
    Feed feed = feed(group, reachable);
    feed.core.restored(session);
    Future.join(reachable, feed.reachable).onComplete(v -> begin(session, group));
  }

  @Override
  public void removed(Session session, String group) {
    remove(session, group);
  }

  private void remove(Session session, String group) {
    Feed feed = feeds.get(group);
    if (feed == null) {
      return;
    }
    feed.core.removed(session);
    if (groups.membersOf(group).isEmpty()) {
      feeds.remove(group);
      feed.timer.cancel();
      memory.release(MemoryUse.ROUTING, feed.charged);
    }
  }

  private Feed feed(String group, Future<Void> reachable) {
    return feeds.computeIfAbsent(group, name -> new Feed(name, reachable));
  }

  private boolean isLive(Feed feed) {
    return feeds.get(feed.group) == feed;
  }

  /** Completes when the end of the log is known, or cannot be found out now. */
  private Future<Void> placed(Feed feed) {
    if (feed.placing == null) {
      feed.placing =
          feed.reachable
              .transform(v -> histories.end(feed.group, scheduler.wallTime()))
              .transform(
                  end -> {
                    if (end.succeeded()) {
                      place(feed, end.result());
                    } else {
                      feed.placing = null;
                      scheduler.schedule(PLACE_AGAIN_MS, () -> placeAgain(feed));
                    }
                    return Future.succeededFuture();
                  });
    }
    return feed.placing;
  }

  private void place(Feed feed, LogPosition end) {
    if (isLive(feed)) {
      feed.core.place(end, scheduler.now());
      proceed(feed);
    }
  }

  private void placeAgain(Feed feed) {
    if (isLive(feed) && !feed.core.isPlaced()) {
      placed(feed);
    }
  }

  // ---------------------------------------------------------------------------- reads

  /** Begins the read that is due, and arms the timer for the next one. */
  private void proceed(Feed feed) {
    feed.members.clear();
    if (!isLive(feed)) {
      return;
    }
    LogPosition from = feed.core.nextRead(scheduler.now());
    feed.members.clear();
    if (!isLive(feed)) {
      return; // the last member has received the end of what it followed
    }
    int held = feed.core.held();
    memory.change(MemoryUse.ROUTING, held - feed.charged);
    feed.charged = held;
    if (from == null) {
      feed.timer.arm(feed.core.nextDeadline());
    } else if (reads < MAX_READS) {
      read(feed, from);
    } else {
      waiting.add(() -> read(feed, from));
    }
  }

  private void read(Feed feed, LogPosition from) {
    reads++;
    Future<LogRead> read =
        memory.isAt(MemoryLevel.FULL)
            ? Future.failedFuture("memory is full")
            : histories.read(feed.group, from, scheduler.wallTime());
    read.onComplete(
        result -> {
          reads--;
          if (isLive(feed)) {
            if (result.succeeded()) {
              feed.core.answered(result.result(), scheduler.now());
            } else {
              feed.core.failed(scheduler.now());
            }
            proceed(feed);
          }
          if (!waiting.isEmpty()) {
            waiting.remove().run();
          }
        });
  }
}
