package io.linkspan.session;

import io.linkspan.delivery.ShardBus;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.Ended;
import io.linkspan.wire.Seen;
import io.linkspan.wire.ShardCall;
import java.util.List;

/**
 * Carries a user's {@link DuplicateWindow} along with a session that moves between nodes. Used only
 * on its shard's event loop.
 */
final class DuplicateSync {

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final DuplicateFilter filter;
  private final long openTime;

  /**
   * Creates the exchange of one shard.
   *
   * @param openTime milliseconds within which an inbound Message has its outcome
   */
  DuplicateSync(ShardBus bus, Scheduler scheduler, DuplicateFilter filter, long openTime) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.filter = filter;
    this.openTime = openTime;
  }

  /** Adds what the user has sent to the node that its session comes from. */
  void restore(DuplicateWindow window, List<Seen> seen) {
    for (Seen one : seen) {
      DuplicateWindow.Entry open = window.restore(one, scheduler.now());
      if (open != null) {
        scheduler.schedule(openTime, () -> window.abandon(open));
      }
    }
  }

  /** Reports the outcome of a Message to the shard that its sender's session has moved to. */
  void report(String shard, String user, DuplicateWindow window, DuplicateWindow.Entry entry) {
    Seen seen = window.describe(entry, scheduler.now());
    if (seen != null) {
      Ended.Builder ended = Ended.newBuilder().setUser(user).setSeen(seen);
      bus.send(shard, ShardCall.newBuilder().setEnded(ended).build());
    }
  }

  /** Another shard reports the outcome of a Message. */
  void ended(Ended ended) {
    DuplicateWindow window = filter.inUse(ended.getUser());
    if (window != null) {
      window.end(ended.getSeen());
    }
  }
}
