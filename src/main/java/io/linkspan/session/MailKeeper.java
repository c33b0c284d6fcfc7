package io.linkspan.session;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.OfflineMessages;
import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;

/**
 * Keeps Messages of one shard's senders in the mailboxes of their users, and asks the users'
 * sessions to deliver them. Used only on the shard's event loop.
 *
 * <p>A session enters the directory before it reads the mailbox, and the directory is asked after a
 * Message was appended. So either the session reads the Message when it begins, or it is found here
 * and asked to read.
 */
final class MailKeeper implements OfflineMessages {

  private static final long CALL_TIMEOUT_MS = 1_000;
  private static final long RETRY_MS = 250;
  private static final int MAX_TRIES = 20;

  private final Mailboxes mailboxes;
  private final SessionDirectory directory;
  private final ShardBus bus;
  private final Scheduler scheduler;

  MailKeeper(Mailboxes mailboxes, SessionDirectory directory, ShardBus bus, Scheduler scheduler) {
    this.mailboxes = mailboxes;
    this.directory = directory;
    this.bus = bus;
    this.scheduler = scheduler;
  }

  @Override
  public boolean keeps(Message message) {
    return mailboxes.isOn() && mailboxes.keeps(message);
  }

  @Override
  public Future<Integer> keep(String user, List<Item> items) {
    return mailboxes
        .append(user, items, scheduler.wallTime())
        .compose(kept -> collect(user, MAX_TRIES).map(kept));
  }

  @Override
  public MessageException full(String user) {
    return mailboxes.full(user);
  }

  /** Asks the user's sessions, if there are any by now, to read the mailbox; does not fail. */
  private Future<Void> collect(String user, int tries) {
    return directory
        .askAgain(user)
        .compose(sessions -> Future.join(sessions.stream().map(this::collect).toList()))
        .transform(
            asked ->
                asked.succeeded() || tries == 1
                    ? Future.<Void>succeededFuture()
                    : pause().compose(v -> collect(user, tries - 1)));
  }

  private Future<ShardReply> collect(SessionRef session) {
    ShardCall call = ShardCall.newBuilder().setCollect(session.user()).build();
    return bus.call(session.shard(), call, CALL_TIMEOUT_MS);
  }

  private Future<Void> pause() {
    Promise<Void> over = Promise.promise();
    scheduler.schedule(RETRY_MS, over::complete);
    return over.future();
  }
}
