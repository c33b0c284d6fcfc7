package io.linkspan.session;

import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.directory.UserSessions;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.Ended;
import io.linkspan.wire.Follow;
import io.linkspan.wire.FollowAnswer;
import io.linkspan.wire.Seen;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.linkspan.wire.Unfollow;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Keeps the {@link DuplicateWindow}s of a user equal on all nodes that have sessions of the user. A
 * node that gets one asks the others for what they have, and they report what follows. Used only on
 * its shard's event loop.
 */
final class DuplicateSync {

  /** A connect waits no longer for a node that does not answer; milliseconds. */
  private static final long FOLLOW_TIMEOUT = 1_000;

  /** A Message of another node without an outcome. */
  private record Open(DuplicateWindow window, DuplicateWindow.Entry entry, long dueAt) {}

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final DuplicateFilter filter;
  private final SessionDirectory directory;
  private final Nodes nodes;
  private final String address;
  private final long openTime;
  private final DeadlineTimer timer;

  /** Messages whose outcome another node may report, oldest first; also those that have it. */
  private final Queue<Open> open = new ArrayDeque<>(0);

  /**
   * Creates the exchange of one shard.
   *
   * @param address of the shard
   * @param openTime milliseconds within which an inbound Message has its outcome
   */
  DuplicateSync(
      ShardBus bus,
      Scheduler scheduler,
      DuplicateFilter filter,
      SessionDirectory directory,
      Nodes nodes,
      String address,
      long openTime) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.filter = filter;
    this.directory = directory;
    this.nodes = nodes;
    this.address = address;
    this.openTime = openTime;
    timer = new DeadlineTimer(scheduler, this::abandonDue);
  }

  // ------------------------------------------------------------------- beginning to follow

  /**
   * Gets what a user has sent to other nodes.
   *
   * @param known of the user, also what is on this node
   * @return completes when a session may begin, with the action to run once it has begun
   */
  Future<Runnable> gather(String user, UserSessions known) {
    String parkedAt = known.parkedAt();
    Map<String, String> byNode = new HashMap<>(2);
    for (SessionRef session : known.sessions()) {
      byNode.putIfAbsent(session.node(), session.shard());
    }
    String self = ShardAddress.nodeOf(address);
    byNode.remove(self);
    boolean parkedElsewhere =
        parkedAt != null
            && !ShardAddress.isOn(self, parkedAt)
            && !byNode.containsKey(ShardAddress.nodeOf(parkedAt));
    if (byNode.isEmpty() && !parkedElsewhere) {
      return Future.succeededFuture(DuplicateSync::nothing);
    }
    // Held, so that what is reported before the session begins is not lost.
    DuplicateWindow window = filter.acquire(user);
    List<Future<Void>> answers = new ArrayList<>(byNode.size() + 1);
    for (String shard : byNode.values()) {
      window.follow(shard);
      answers.add(ask(shard, user, window));
    }
    if (parkedElsewhere) {
      answers.add(ask(parkedAt, user, window));
    }
    return Future.join(answers)
        .transform(
            // Without an answer the window has what it has: the node may be lost.
            answered -> Future.succeededFuture(() -> filter.release(user, true, scheduler.now())));
  }

  private static void nothing() {
    // The user has no eventIds elsewhere.
  }

  /** Follows the user of a session that was on another shard before. */
  void follow(String user) {
    directory
        .askAgain(user)
        .compose(sessions -> gather(user, new UserSessions(sessions, null)))
        .onSuccess(Runnable::run);
  }

  private Future<Void> ask(String shard, String user, DuplicateWindow window) {
    Follow.Builder follow = Follow.newBuilder().setUser(user).setFrom(address);
    return bus.call(shard, ShardCall.newBuilder().setFollow(follow).build(), FOLLOW_TIMEOUT)
        .onSuccess(reply -> restore(window, reply.getFollow().getSeenList()))
        .mapEmpty();
  }

  /** Another shard has a session of the user now. */
  ShardReply answer(Follow follow) {
    DuplicateWindow window = filter.find(follow.getUser());
    FollowAnswer.Builder answer = FollowAnswer.newBuilder();
    if (window != null) {
      answer.addAllSeen(window.exportTo(follow.getFrom(), scheduler.now()));
    }
    return ShardReply.newBuilder().setFollow(answer).build();
  }

  // ----------------------------------------------------------------------------- following

  /** Adds what the user has sent to the node that its session comes from. */
  void restore(DuplicateWindow window, List<Seen> seen) {
    seen.forEach(one -> restore(window, one));
  }

  private void restore(DuplicateWindow window, Seen seen) {
    DuplicateWindow.Entry entry = window.restore(seen, scheduler.now());
    if (entry != null) {
      open.add(new Open(window, entry, scheduler.now() + openTime));
      timer.arm(open.peek().dueAt());
    }
  }

  private void abandonDue() {
    while (!open.isEmpty() && open.peek().dueAt() <= scheduler.now()) {
      Open due = open.remove();
      due.window().abandon(due.entry());
    }
    timer.arm(open.isEmpty() ? Long.MAX_VALUE : open.peek().dueAt());
  }

  /** Ends the timer. */
  void stop() {
    timer.cancel();
  }

  /**
   * Reports a Message that was accepted, or its outcome, to all nodes with sessions of its user.
   */
  void report(String user, DuplicateWindow window, DuplicateWindow.Entry entry) {
    if (window.followers().isEmpty()) {
      return;
    }
    List<String> members = nodes.all().stream().map(Nodes.Node::id).toList();
    for (String follower : window.followers()) {
      if (members.contains(ShardAddress.nodeOf(follower))) {
        report(follower, user, window, entry, address);
      } else {
        window.unfollow(follower);
      }
    }
  }

  /** Reports the outcome of a Message to the shard that its sender's session has moved to. */
  void report(String shard, String user, DuplicateWindow window, DuplicateWindow.Entry entry) {
    if (!window.followers().contains(shard)) {
      report(shard, user, window, entry, "");
    }
  }

  private void report(
      String shard, String user, DuplicateWindow window, DuplicateWindow.Entry entry, String from) {
    Seen seen = window.describe(entry, scheduler.now());
    if (seen != null) {
      Ended.Builder ended = Ended.newBuilder().setUser(user).setSeen(seen).setFrom(from);
      bus.send(shard, ShardCall.newBuilder().setEnded(ended).build());
    }
  }

  /** Another shard reports a Message. */
  void ended(Ended ended) {
    DuplicateWindow window = filter.inUse(ended.getUser());
    if (window != null) {
      if (!window.end(ended.getSeen())) {
        restore(window, ended.getSeen());
      }
    } else if (!ended.getFrom().isEmpty()) {
      Unfollow.Builder unfollow = Unfollow.newBuilder().setUser(ended.getUser()).setFrom(address);
      bus.send(ended.getFrom(), ShardCall.newBuilder().setUnfollow(unfollow).build());
    }
  }

  /** Another shard has no session of the user any more. */
  void unfollowed(Unfollow unfollow) {
    DuplicateWindow window = filter.find(unfollow.getUser());
    if (window != null) {
      window.unfollow(unfollow.getFrom());
    }
  }
}
