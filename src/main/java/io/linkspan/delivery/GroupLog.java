package io.linkspan.delivery;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.Future;
import java.util.List;

/** Keeps Messages to groups in the history of the group. Used only on its shard's event loop. */
public interface GroupLog {

  /**
   * A Message to be kept.
   *
   * @param except id of the session that sent it and does not receive it; null for none
   */
  record Item(Message message, String except) {}

  /** Keeps nothing. */
  GroupLog NONE =
      new GroupLog() {
        @Override
        public boolean keeps(String group, Message message) {
          return false;
        }

        @Override
        public Future<List<Message>> append(String group, List<Item> items) {
          throw new IllegalStateException("nothing is kept");
        }

        @Override
        public MessageException tooLarge(String group) {
          throw new IllegalStateException("nothing is kept");
        }
      };

  /** Returns whether a Message to a group is to be kept. */
  boolean keeps(String group, Message message);

  /**
   * Keeps Messages of which each is to be kept, in their order.
   *
   * @return each with its position, for the members; null for one that is too large. Fails when it
   *     is not known that any is kept
   */
  Future<List<Message>> append(String group, List<Item> items);

  /** Returns the error for a Message that is too large. */
  MessageException tooLarge(String group);
}
