package io.linkspan.session;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.GroupLog;
import io.linkspan.delivery.Keeping;
import io.linkspan.delivery.ShardBus;
import io.linkspan.history.GroupHistories;
import io.linkspan.time.Scheduler;
import io.vertx.core.Future;
import java.util.List;

/**
 * Keeps Messages of one shard's senders in the histories of groups. Used only on the shard's event
 * loop.
 */
final class HistoryKeeper implements GroupLog {

  private final GroupHistories histories;
  private final Scheduler scheduler;

  HistoryKeeper(GroupHistories histories, Scheduler scheduler) {
    this.histories = histories;
    this.scheduler = scheduler;
  }

  /** Returns what keeps Messages of one shard's senders for users and groups. */
  static Keeping keeping(NodeServices shared, ShardBus bus, Scheduler scheduler) {
    return new Keeping(
        new MailKeeper(shared.mailboxes(), shared.directory(), bus, scheduler),
        new HistoryKeeper(shared.histories(), scheduler));
  }

  @Override
  public boolean keeps(String group, Message message) {
    return histories.keeps(group, message);
  }

  @Override
  public Future<List<Message>> append(String group, List<Item> items) {
    return histories.append(group, items, scheduler.wallTime());
  }

  @Override
  public MessageException tooLarge(String group) {
    return histories.tooLarge(group);
  }
}
