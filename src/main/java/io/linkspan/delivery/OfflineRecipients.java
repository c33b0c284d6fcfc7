package io.linkspan.delivery;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.routing.Recipient;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
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
  boolean keeps(Recipient recipient, Message message) {
    return recipient.kind() == Recipient.Kind.USER && messages.keeps(message);
  }

  /**
   * Keeps Messages in their order.
   *
   * @return does not fail; each Message has received its end by then
   */
  Future<Void> keep(Recipient user, List<? extends RoutedMessage> all) {
    if (all.isEmpty()) {
      return Future.succeededFuture();
    }
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
