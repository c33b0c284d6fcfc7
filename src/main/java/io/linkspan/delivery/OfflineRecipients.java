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
 * Keeps Messages to users, and says how that ends for their senders. Used only on its shard's event
 * loop.
 */
final class OfflineRecipients {

  private final OfflineMessages messages;
  private final ShardSender sender;

  OfflineRecipients(OfflineMessages messages, ShardSender sender) {
    this.messages = messages;
    this.sender = sender;
  }

  /** Returns whether a Message is to be kept. */
  boolean keeps(RoutedMessage one) {
    return one.recipient.kind() == Recipient.Kind.USER
        && messages.keeps(one.message)
        && !one.callback.isAbandoned();
  }

  /**
   * Keeps the first of the Messages that wait for a user, if they are to be kept.
   *
   * @param upTo number of the last one to consider, at least that of the first one
   * @return does not fail; the number of the last of the first ones that are kept, or of the first
   *     ones that are not. Each that is kept has its outcome then
   */
  Future<Long> keepFirst(SortedSet<? extends RoutedMessage> waiting, long upTo) {
    boolean kept = keeps(waiting.first());
    List<? extends RoutedMessage> first =
        waiting.stream().takeWhile(one -> one.number <= upTo && keeps(one) == kept).toList();
    long last = first.get(first.size() - 1).number;
    return kept ? keep(first).map(last) : Future.succeededFuture(last);
  }

  private Future<Void> keep(List<? extends RoutedMessage> all) {
    Recipient user = all.get(0).recipient;
    List<OfflineMessages.Item> items = new ArrayList<>(all.size());
    for (RoutedMessage one : all) {
      items.add(
          new OfflineMessages.Item(one.message, one.waits() ? sender.export(one.callback) : null));
    }
    return messages
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
        kept.failed() ? MessageException.from(kept.cause()) : messages.full(user.name());
    return callback -> callback.failed(reason);
  }
}
