package io.linkspan.delivery;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.MessageException;
import io.linkspan.routing.Recipient;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.Consumer;

/**
 * Keeps Messages to users and groups, and says how that ends for their senders. Used only on its
 * shard's event loop.
 */
final class KeptMessages {

  private final OfflineMessages users;
  private final GroupLog groups;
  private final ShardSender sender;

  KeptMessages(Keeping keeping, ShardSender sender) {
    users = keeping.users();
    groups = keeping.groups();
    this.sender = sender;
  }

  /** Returns whether a Message is to be kept, and was not yet. */
  boolean keeps(RoutedMessage one) {
    boolean asks =
        switch (one.recipient.kind()) {
          case USER -> users.keeps(one.message);
          case GROUP -> one.positioned == null && groups.keeps(one.recipient.name(), one.message);
          default -> false;
        };
    return asks && !one.callback.isAbandoned();
  }

  /**
   * Keeps the first of the Messages that wait for a recipient, if they are to be kept.
   *
   * @param upTo number of the last one to consider, at least that of the first one
   * @return does not fail; the number of the last of the first ones that are kept, or of the first
   *     ones that are not. Each that is kept has its outcome then, or the position with which it is
   *     to be sent
   */
  Future<Long> keepFirst(SortedSet<? extends RoutedMessage> waiting, long upTo) {
    boolean kept = keeps(waiting.first());
    List<? extends RoutedMessage> first =
        waiting.stream().takeWhile(one -> one.number <= upTo && keeps(one) == kept).toList();
    long last = first.get(first.size() - 1).number;
    return kept ? keep(first).map(last) : Future.succeededFuture(last);
  }

  private Future<Void> keep(List<? extends RoutedMessage> all) {
    Recipient recipient = all.get(0).recipient;
    return recipient.kind() == Recipient.Kind.GROUP
        ? keepForGroup(recipient.name(), all)
        : keepForUser(recipient, all);
  }

  private Future<Void> keepForGroup(String group, List<? extends RoutedMessage> all) {
    return groups
        .append(
            group,
            all.stream().map(one -> new GroupLog.Item(one.message, one.scope.except())).toList())
        .transform(
            kept -> {
              for (int i = 0; i < all.size(); i++) {
                RoutedMessage one = all.get(i);
                one.positioned = kept.succeeded() ? kept.result().get(i) : null;
                if (one.positioned == null) {
                  MessageException reason =
                      kept.succeeded()
                          ? groups.tooLarge(group)
                          : MessageException.from(kept.cause());
                  one.outcome = callback -> callback.failed(reason);
                }
              }
              return Future.succeededFuture();
            });
  }

  private Future<Void> keepForUser(Recipient user, List<? extends RoutedMessage> all) {
    List<OfflineMessages.Item> items = new ArrayList<>(all.size());
    for (RoutedMessage one : all) {
      items.add(
          new OfflineMessages.Item(one.message, one.waits() ? sender.export(one.callback) : null));
    }
    return users
        .keep(user.name(), items)
        .transform(
            kept -> {
              for (int i = 0; i < all.size(); i++) {
                all.get(i).outcome = outcome(user, items.get(i).waiting(), kept, i);
              }
              return Future.succeededFuture();
            });
  }

  private Consumer<DeliveryCallback> outcome(
      Recipient user, RemoteCallback waiting, AsyncResult<Integer> kept, int index) {
    if (kept.succeeded() && index < kept.result()) {
      return callback -> {
        if (waiting == null) {
          callback.delivered(By.TRANSPORT, null);
        }
      };
    }
    if (waiting != null) {
      // It has its outcome now, and not when its time is over.
      sender.resolve(waiting.origin(), waiting.ticket());
    }
    MessageException reason =
        kept.failed() ? MessageException.from(kept.cause()) : users.full(user.name());
    return callback -> callback.failed(reason);
  }
}
