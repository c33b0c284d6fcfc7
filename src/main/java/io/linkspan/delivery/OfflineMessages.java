package io.linkspan.delivery;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.Future;
import java.util.List;

/**
 * Keeps Messages to users until they are acknowledged, also while a user has no session. Used only
 * on its shard's event loop.
 */
public interface OfflineMessages {

  /**
   * A Message to be kept.
   *
   * @param waiting receives the acknowledgement of the client; null when no one waits for it
   */
  record Item(Message message, RemoteCallback waiting) {}

  /** Keeps nothing. */
  OfflineMessages NONE =
      new OfflineMessages() {
        @Override
        public boolean keeps(Message message) {
          return false;
        }

        @Override
        public Future<Integer> keep(String user, List<Item> items) {
          return Future.succeededFuture(0);
        }

        @Override
        public MessageException full(String user) {
          throw new IllegalStateException("nothing is kept");
        }
      };

  /** Returns whether a Message to a user is to be kept. */
  boolean keeps(Message message);

  /**
   * Keeps Messages of which each is to be kept, in their order.
   *
   * @return the number of kept ones, which are the first; completes when sessions that the user has
   *     by then get them before all that is sent later. Fails when it is not known that any is kept
   */
  Future<Integer> keep(String user, List<Item> items);

  /** Returns the error for a Message that the mailbox has no room for. */
  MessageException full(String user);
}
