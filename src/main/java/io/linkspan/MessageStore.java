package io.linkspan;

import io.linkspan.api.Addresses;
import io.linkspan.api.Message;
import io.linkspan.config.Live;
import io.linkspan.history.GroupHistories;
import io.linkspan.history.HistoryConfig;
import io.linkspan.history.HistoryMetrics;
import io.linkspan.log.LogStore;
import io.linkspan.log.PostgresLogStore;
import io.linkspan.log.StoreConfig;
import io.linkspan.mailbox.MailboxConfig;
import io.linkspan.mailbox.MailboxMetrics;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.SharedMemoryAccount;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.function.BiFunction;

/**
 * The store of Messages that outlive sessions, with the mailboxes, the histories of groups and
 * streamed answers in it; nothing while all are off.
 */
final class MessageStore {

  private final Vertx vertx;
  private final StoreConfig config;
  private final LogStore store;
  private final Mailboxes mailboxes;
  private final GroupHistories histories;

  private MessageStore(
      Vertx vertx,
      StoreConfig config,
      LogStore store,
      Mailboxes mailboxes,
      GroupHistories histories) {
    this.vertx = vertx;
    this.config = config;
    this.store = store;
    this.mailboxes = mailboxes;
    this.histories = histories;
  }

  /**
   * Creates the store of a node; it connects when it is started.
   *
   * @param live configuration, of which only the address of the hook can change
   * @param logs creates the store that needs nothing beside the nodes
   */
  static MessageStore of(
      Vertx vertx,
      Live<GatewayConfig> live,
      MemoryBudget memory,
      MeterRegistry registry,
      BiFunction<SharedMemoryAccount, Long, LogStore> logs) {
    GatewayConfig config = live.get();
    var mailboxMetrics = new MailboxMetrics(registry);
    var historyMetrics = new HistoryMetrics(registry);
    MailboxConfig mailbox = config.mailbox();
    HistoryConfig history = config.history();
    HistoryConfig streams = config.streams();
    if (!mailbox.isOn() && !history.isOn() && !streams.isOn()) {
      return new MessageStore(vertx, config.store(), null, Mailboxes.OFF, GroupHistories.OFF);
    }
    LogStore store =
        config.store().kind() == StoreConfig.Kind.POSTGRES
            ? new PostgresLogStore(vertx, config.store().postgres())
            : logs.apply(new SharedMemoryAccount(memory), (long) config.store().total());
    var mailboxes =
        mailbox.isOn()
            ? new Mailboxes(
                store,
                mailbox,
                mailboxMetrics,
                event -> vertx.eventBus().publish(Addresses.EVENTS, event),
                notice -> notify(vertx, live.get().mailbox().hook(), notice))
            : Mailboxes.OFF;
    var histories =
        history.isOn() || streams.isOn()
            ? new GroupHistories(store, history, streams, historyMetrics)
            : GroupHistories.OFF;
    return new MessageStore(vertx, config.store(), store, mailboxes, histories);
  }

  private static void notify(Vertx vertx, String hook, JsonObject notice) {
    if (!hook.isEmpty()) {
      vertx
          .eventBus()
          .request(
              hook,
              Message.newBuilder()
                  .setType(notice.getString("event"))
                  .setEventId(notice.getString("eventId"))
                  .setFrom("user:" + notice.getString("user"))
                  .setContentType("application/json")
                  .setBody(notice.encode())
                  .build());
    }
  }

  Mailboxes mailboxes() {
    return mailboxes;
  }

  GroupHistories histories() {
    return histories;
  }

  /** Completes when Messages can be kept. */
  Future<Void> start() {
    return store == null
        ? Future.succeededFuture()
        : store
            .start()
            .onSuccess(v -> vertx.setPeriodic(config.expire().toMillis(), id -> expire()));
  }

  private void expire() {
    store
        .expire(System.currentTimeMillis())
        .onSuccess(
            counts -> {
              mailboxes.expired(counts);
              histories.expired(counts);
            });
  }
}
