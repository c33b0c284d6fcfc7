package io.linkspan.admission;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;

/**
 * Estimates the work that a Message makes for the gateway, in units. One unit is about an ordinary
 * Message, ten microseconds of a processor. Pure.
 */
public final class MessageWork {

  /** A join or leave of one group: in a cluster each one is a call to another node. */
  private static final int PER_NAME = 50;

  private static final int BYTES_PER_UNIT = 1_024;
  private static final int PARTS_PER_UNIT = 4;

  private MessageWork() {}

  /**
   * Returns the units of a Message.
   *
   * @param namesGroups whether it joins or leaves those that its body names
   */
  public static long of(Message message, boolean namesGroups) {
    long groups = namesGroups ? countNames(message.getBody()) : 0;
    return 1L
        + PER_NAME * groups
        + MessageSize.of(message) / BYTES_PER_UNIT
        + (Headers.count(message) + message.getAttachmentsCount()) / PARTS_PER_UNIT;
  }

  /** Returns the number of groups that the body of a join names, without reading them. */
  public static int countNames(String body) {
    if (!body.startsWith("[")) {
      return 1;
    }
    int names = 1;
    boolean text = false;
    for (int i = 1; i < body.length(); i++) {
      switch (body.charAt(i)) {
        case '"' -> text = !text;
        case '\\' -> i++;
        case ',' -> names += text ? 0 : 1;
        default -> {
          // Part of a name.
        }
      }
    }
    return names;
  }
}
