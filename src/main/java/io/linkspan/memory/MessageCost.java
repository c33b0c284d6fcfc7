package io.linkspan.memory;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.MessageSize;

/**
 * Estimates what a Message weighs on the heap. A Message of tiny headers weighs more than ten times
 * its bytes, so the bytes alone are not counted.
 */
public final class MessageCost {

  /** Object, eight texts with their arrays, and the object that holds it in a queue. */
  private static final int MESSAGE = 640;

  /** Entry of a linked map, two texts and two arrays. */
  private static final int HEADER = 176;

  /** Object, array and the place in a list. */
  private static final int ATTACHMENT = 56;

  /** When a sender may retry; milliseconds. */
  private static final long RETRY_MS = 1_000;

  private MessageCost() {}

  /** Returns the bytes of a Message and of one encoded form of it. */
  public static long of(Message message) {
    return of(message, MessageSize.of(message));
  }

  /**
   * Returns the bytes of a Message and of one encoded form of it.
   *
   * @param size of that form
   */
  public static long of(Message message, int size) {
    return MESSAGE
        + 2L * size
        + (long) HEADER * Headers.count(message)
        + (long) ATTACHMENT * message.getAttachmentsCount();
  }

  /** Returns the bytes of a text that is a key of a table. */
  public static long ofText(String text) {
    return 48L + 2L * text.length();
  }

  /** Returns the refusal of Messages while memory is full. */
  public static MessageException full() {
    return new MessageException(ErrorCode.QUEUE_FULL, "the gateway is short of memory", RETRY_MS);
  }
}
