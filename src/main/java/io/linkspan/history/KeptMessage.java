package io.linkspan.history;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.log.LogPosition;

/**
 * A Message of a group's history.
 *
 * @param epoch of the log
 * @param offset of the Message in it
 * @param message as clients receive it, with the header {@link Headers#POSITION}
 * @param except id of the session that sent it, which does not receive it; null for none
 */
public record KeptMessage(long epoch, long offset, Message message, String except) {

  /**
   * Returns a Message that another shard has kept.
   *
   * @param except id of the session that sent it; null for none
   * @return null for a Message without a position
   */
  public static KeptMessage of(Message message, String except) {
    String text = Headers.get(message, Headers.POSITION);
    LogPosition after = text == null ? null : LogPosition.parse(text);
    return after == null || after.offset() == 0
        ? null
        : new KeptMessage(after.epoch(), after.offset() - 1, message, except);
  }

  /** Returns the position of what follows the Message. */
  public LogPosition after() {
    return new LogPosition(epoch, offset + 1);
  }
}
